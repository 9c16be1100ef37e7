import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { nearestWord } from '@lemanic/app-lab'
import { runCommand } from './run-command.js'
import { setup } from './setup.js'
import { SetupError } from './setup-error.js'

const usage = `usage: npm run setup:tensorflow -- [--gpu | --cpu] [--offline] [--force]

Installs @tensorflow/tfjs-node-gpu (where NVIDIA's driver answers) or @tensorflow/tfjs-node into .cache/tensorflow and
links it into node_modules. TensorFlow itself comes from the first of these that is there:
  1. LIBTENSORFLOW_DIR: an unpacked libtensorflow archive, or the folder "tensorflow" of a Python's site-packages
  2. the package's own download (TensorFlow 2.9.1)
  3. the TensorFlow wheel of LEMANIC_PYTHON, else python3; the addon is then built with CXX, g++ or clang++
npm ci removes the link; this command puts it back in a second.

  --gpu, --cpu  which package, whatever the machine has
  --offline     no download of TensorFlow: 1 or 3
  --force       do it again from the start
  --help        this text`

const options = ['gpu', 'cpu', 'offline', 'force', 'help'] as const
const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/[\\/]$/, '')

function parse(words: readonly string[]): Record<(typeof options)[number], boolean> | string {
  const { tokens, values } = parseArgs({
    args: [...words],
    options: Object.fromEntries(options.map((name) => [name, { type: 'boolean', default: false } as const])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  for (const token of tokens) {
    if (token.kind === 'positional') return `unexpected "${token.value}"`
    if (token.kind === 'option' && !(options as readonly string[]).includes(token.name))
      return `unknown option "--${token.name}"; did you mean --${nearestWord(token.name, options)}?`
    if (token.kind === 'option' && token.value !== undefined)
      return `--${token.name} takes no value, got "${token.value}"`
  }
  if (values.gpu && values.cpu) return '--gpu and --cpu exclude each other'
  return values as Record<(typeof options)[number], boolean>
}

async function main(words: readonly string[]): Promise<number> {
  const values = parse(words)
  if (typeof values === 'string') {
    console.error(`setup:tensorflow: ${values}\n${usage}`)
    return 2
  }
  if (values.help) {
    console.log(usage)
    return 0
  }
  const { LIBTENSORFLOW_DIR: folder, LEMANIC_PYTHON: python = 'python3', CXX: compiler } = process.env
  try {
    const result = await setup({
      root,
      device: values.gpu ? 'gpu' : values.cpu ? 'cpu' : 'auto',
      ...(folder ? { folder } : {}),
      ...(compiler ? { compiler } : {}),
      python,
      offline: values.offline,
      force: values.force,
      run: runCommand,
      say: (message) => console.error(message),
    })
    console.log(
      `${result.wasThere ? 'Already set up' : 'Done'}: ${result.name} with TensorFlow ${result.version} on the ${result.device}, from ${result.source}.\n` +
        'Use it with --backend tensorflow, or createBackend({ backend: "tensorflow" }); "npm start -- doctor" shows it.',
    )
    return 0
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    console.error(`setup:tensorflow: ${error.message}\n  help: ${error.help}`)
    return 1
  }
}

process.exitCode = await main(process.argv.slice(2))
