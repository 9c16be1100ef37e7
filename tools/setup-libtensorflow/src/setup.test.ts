import { existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inFolder, inNamedFolder, inPythonWheel } from './find-libtensorflow.js'
import { reasonIn, type CommandOutcome, type CommandRunner } from './run-command.js'
import { setup, type SetupOptions } from './setup.js'

let root: string
let calls: string[]
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'setup-libtensorflow-'))
  calls = []
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function touch(...path: string[]): void {
  const file = join(root, ...path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, '')
}
const extension = process.platform === 'darwin' ? '2.dylib' : 'so.2'
/** A TensorFlow wheel, as far as it is looked at. */
function wheel(): string {
  touch('wheel/include/tensorflow/c/eager/c_api.h')
  touch(`wheel/libtensorflow_cc.${extension}`)
  touch(`wheel/libtensorflow_framework.${extension}`)
  return join(root, 'wheel')
}

interface World {
  readonly gpu?: boolean
  readonly downloads?: boolean
  readonly python?: string
  readonly loads?: boolean
}

/** The machine's programs, in which npm, the compiler and Node leave what the real ones leave. */
function machine({ gpu = false, downloads = false, python, loads = true }: World): CommandRunner {
  const ok = (output = ''): CommandOutcome => ({ code: 0, output })
  return async (command, args, options = {}) => {
    calls.push(`${command} ${args[0] ?? ''}`.trim())
    if (command === 'nvidia-smi') return gpu ? ok() : { code: -1, output: '' }
    if (command === 'npm' && args[0] === 'install') {
      const name = args.at(-1)!.replace(/@[\d.]+$/, '')
      const manifest = { version: '4.22.0', binary: { napi_versions: [3, 8] } }
      touch('.cache/tensorflow/node_modules', name, 'package.json')
      writeFileSync(join(options.cwd!, 'node_modules', name, 'package.json'), JSON.stringify(manifest))
      return ok()
    }
    if (command === 'npm') {
      if (!downloads) return { code: 1, output: 'throw er;\nError: getaddrinfo ENOTFOUND host\n' }
      mkdirSync(join(options.cwd!, 'lib/napi-v8'), { recursive: true })
      writeFileSync(join(options.cwd!, 'lib/napi-v8/tfjs_binding.node'), '')
      return ok()
    }
    if (command === 'python3') return python === undefined ? { code: -1, output: '' } : ok(`${python}\n`)
    if (command === process.execPath)
      return loads
        ? ok('noise\n{"version":"2.21.0","device":"CPU"}\n')
        : { code: 1, output: 'Error: undefined symbol: TF_X\n' }
    if (args[0] === '--version') return ok()
    writeFileSync(args[args.indexOf('-o') + 1]!, '')
    return ok()
  }
}

const run = (world: World, options: Partial<SetupOptions> = {}): ReturnType<typeof setup> =>
  setup({
    root,
    device: 'auto',
    python: 'python3',
    offline: false,
    force: false,
    run: machine(world),
    say: () => {},
    ...options,
  })

describe('setup', () => {
  it('takes the package’s own download where it answers, and links the package', async () => {
    const result = await run({ downloads: true })
    expect(result).toMatchObject({ name: '@tensorflow/tfjs-node', version: '2.21.0', wasThere: false })
    expect(result.source).toMatch(/download/)
    expect(readlinkSync(join(root, 'node_modules/@tensorflow/tfjs-node'))).toContain('.cache')
    expect(calls).not.toContain('g++ --version')
  })

  it('builds the addon against a Python wheel where there is no download', async () => {
    const result = await run({ python: wheel() })
    expect(result.source).toBe('the TensorFlow wheel of python3')
    expect(calls).toContain('npm run')
    expect(calls).toContain('g++ --version')
  })

  it('takes the folder it is given, and tries no download', async () => {
    const folder = wheel()
    expect((await run({ downloads: true }, { folder })).source).toBe(folder)
    expect(calls).not.toContain('npm run')
  })

  it('does nothing the second time but put the link back', async () => {
    await run({ downloads: true })
    rmSync(join(root, 'node_modules'), { recursive: true })
    calls = []
    expect(await run({ downloads: true })).toMatchObject({ wasThere: true })
    expect(calls).toEqual(['nvidia-smi -L', `${process.execPath} ${calls[1]!.split(' ').at(-1)}`])
    expect(existsSync(join(root, 'node_modules/@tensorflow/tfjs-node/package.json'))).toBe(true)
  })

  it('takes the GPU’s package where the driver answers, and unlinks the other one', async () => {
    await run({ downloads: true })
    expect((await run({ downloads: true, gpu: true })).name).toBe('@tensorflow/tfjs-node-gpu')
    expect(existsSync(join(root, 'node_modules/@tensorflow/tfjs-node'))).toBe(false)
    expect((await run({ downloads: true, gpu: true }, { device: 'cpu' })).name).toBe('@tensorflow/tfjs-node')
  })

  it('says what it tried and what to try next', async () => {
    await expect(run({})).rejects.toMatchObject({
      message: expect.stringMatching(
        /tried the package’s download \(Error: getaddrinfo ENOTFOUND host\) and the TensorFlow wheel of python3/,
      ),
      help: expect.stringMatching(/pip install tensorflow-cpu.*LIBTENSORFLOW_DIR/),
    })
  })

  it('does not keep an addon that does not load', async () => {
    await expect(run({ downloads: true, loads: false })).rejects.toThrow(/does not load: Error: undefined symbol: TF_X/)
    expect(
      existsSync(join(root, '.cache/tensorflow/node_modules/@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node')),
    ).toBe(false)
    expect(await run({ downloads: true })).toMatchObject({ wasThere: false })
  })
})

describe('libtensorflow in a folder', () => {
  it('is the C archive or a wheel', () => {
    touch('archive/include/tensorflow/c/eager/c_api.h')
    touch(`archive/lib/libtensorflow.${extension}`)
    touch(`archive/lib/libtensorflow_framework.${extension}`)
    expect(inFolder(join(root, 'archive'), 'x')!.libraries).toHaveLength(2)
    expect(inFolder(wheel(), 'x')!.libraries[0]).toMatch(/tensorflow_cc/)
  })

  it('is missed by name when a folder has none', () => {
    expect(() => inNamedFolder(root)).toThrow(
      /expected include\/tensorflow\/c\/eager\/c_api\.h and .* did not find both/,
    )
    expect(() => inNamedFolder(join(root, 'nowhere'))).toThrow(/which does not exist/)
  })

  it('is not found in a Python without TensorFlow', async () => {
    expect(await inPythonWheel('python3', async () => ({ code: 0, output: '\n' }))).toBeUndefined()
  })
})

describe('the reason in an output', () => {
  it.each([
    [{ code: -1, output: '' }, 'it is not installed'],
    [{ code: -2, output: 'so far' }, 'it took too long'],
    [{ code: 1, output: 'a.cc:3:1: error: no type\nnote: here\n' }, 'a.cc:3:1: error: no type'],
    [{ code: 1, output: 'npm warn error\nthrow er\nError: ENOTFOUND h\n' }, 'Error: ENOTFOUND h'],
    [{ code: 3, output: 'something\nlast\n' }, 'last'],
  ] as const)('%o', (outcome, reason) => expect(reasonIn(outcome)).toBe(reason))
})
