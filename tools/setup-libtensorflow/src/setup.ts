import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildAddon } from './build-addon.js'
import { inNamedFolder, inPythonWheel, type LibTensorFlow } from './find-libtensorflow.js'
import { linkPackage } from './link-package.js'
import type { CommandRunner } from './run-command.js'
import { SetupError } from './setup-error.js'
import {
  addonPath,
  fetchPackage,
  packageFolder,
  packageVersion,
  runInstallScript,
  type PackageName,
} from './tensorflow-package.js'
import { verify, type EngineFacts } from './verify.js'

export interface SetupOptions {
  /** The repository. */
  readonly root: string
  /** `gpu`, `cpu`, or what the machine has. */
  readonly device: 'gpu' | 'cpu' | 'auto'
  /** A folder with libtensorflow. */
  readonly folder?: string
  /** A Python whose TensorFlow wheel may serve. */
  readonly python: string
  /** Build against a libtensorflow of this machine and try no download. */
  readonly offline: boolean
  /** Build or download again what is there. */
  readonly force: boolean
  readonly compiler?: string
  readonly run: CommandRunner
  readonly say: (message: string) => void
}

export interface SetupResult extends EngineFacts {
  readonly name: PackageName
  /** Where libtensorflow came from. */
  readonly source: string
  readonly wasThere: boolean
}

/** Installs tfjs-node or tfjs-node-gpu into .cache/tensorflow and links it into node_modules. Throws `SetupError`. */
export async function setup(options: SetupOptions): Promise<SetupResult> {
  const { root, run, say } = options
  const cache = join(root, '.cache', 'tensorflow')
  const name = await choosePackage(options)
  const folder = packageFolder(cache, name)
  const named = options.folder === undefined ? undefined : inNamedFolder(options.folder)
  const wanted = named?.source

  const former = recorded(cache, name)
  if (!options.force && former !== undefined && (wanted === undefined || wanted === former)) {
    const facts = await verify(folder, run)
    if (typeof facts !== 'string') {
      linkPackage(root, cache, name)
      return { name, ...facts, source: former, wasThere: true }
    }
    say(`What was set up before does not load (${facts}); doing it again.`)
  }

  say(`1/4  ${name} ${packageVersion} into .cache/tensorflow …`)
  if (options.force) rmSync(folder, { recursive: true, force: true })
  await fetchPackage(cache, name, run)

  say('2/4  libtensorflow …')
  const source = await provideAddon(folder, named, options)

  say('3/4  a first product of matrices …')
  const facts = await verify(folder, run)
  if (typeof facts === 'string') {
    rmSync(addonPath(folder), { force: true })
    throw new SetupError(
      `the addon with libtensorflow from ${source} does not load: ${facts}`,
      'try another TensorFlow: LIBTENSORFLOW_DIR=FOLDER npm run setup:tensorflow',
    )
  }
  record(cache, name, source)

  say('4/4  a link in node_modules …')
  if (!linkPackage(root, cache, name)) say(`     ${name} is installed in node_modules already; that one will be used`)
  return { name, ...facts, source, wasThere: false }
}

/** The GPU's package where NVIDIA's driver answers. */
async function choosePackage({ device, run }: SetupOptions): Promise<PackageName> {
  const isGpu = device === 'gpu' || (device === 'auto' && (await run('nvidia-smi', ['-L'], { seconds: 20 })).code === 0)
  return isGpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node'
}

/** Makes the addon and says where its TensorFlow came from. */
async function provideAddon(
  folder: string,
  named: LibTensorFlow | undefined,
  { offline, python, run, say, compiler }: SetupOptions,
): Promise<string> {
  const tried: string[] = []
  let library = named
  if (library === undefined && !offline) {
    say('     downloading, the package’s own way (hundreds of MB) …')
    const problem = await runInstallScript(folder, run)
    if (problem === undefined) return 'the package’s download (TensorFlow 2.9.1)'
    say(`     no download: ${problem}`)
    tried.push(`the package’s download (${problem})`)
  }
  library ??= await inPythonWheel(python, run)
  if (library === undefined) {
    tried.push(`the TensorFlow wheel of ${python} (there is none)`)
    throw new SetupError(
      `no libtensorflow: tried ${tried.join(' and ')}`,
      'install TensorFlow for Python (pip install tensorflow-cpu, or "tensorflow[and-cuda]" for a GPU) and name its Python: LEMANIC_PYTHON=PATH npm run setup:tensorflow; or unpack a libtensorflow archive and set LIBTENSORFLOW_DIR',
    )
  }
  say(`     building the addon against ${library.source} …`)
  await buildAddon(folder, library, { compiler, run })
  return library.source
}

const recordPath = (cache: string, name: PackageName): string => join(cache, `${name.split('/')[1]}.json`)

function recorded(cache: string, name: PackageName): string | undefined {
  const path = recordPath(cache, name)
  if (!existsSync(path)) return undefined
  const { version, source } = JSON.parse(readFileSync(path, 'utf8')) as { version: string; source: string }
  return version === packageVersion ? source : undefined
}

function record(cache: string, name: PackageName, source: string): void {
  writeFileSync(recordPath(cache, name), `${JSON.stringify({ version: packageVersion, source })}\n`)
}
