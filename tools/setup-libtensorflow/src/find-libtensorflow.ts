import { existsSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { CommandRunner } from './run-command.js'
import { SetupError } from './setup-error.js'

/** What the addon is compiled and linked with. */
export interface LibTensorFlow {
  /** Where it came from, for people. */
  readonly source: string
  /** Folder of `tensorflow/c/c_api.h`. */
  readonly include: string
  /** The shared libraries, the C interface first. */
  readonly libraries: readonly string[]
}

const [suffixes, prefix] =
  process.platform === 'darwin'
    ? [['.2.dylib', '.dylib'], 'lib']
    : process.platform === 'win32'
      ? [['.lib'], '']
      : [['.so.2', '.so'], 'lib']

/** A shared library by its stem in a folder or its `lib`, the versioned name first. */
function library(folder: string, stem: string): string | undefined {
  return ['', 'lib', 'lib64']
    .flatMap((part) => suffixes.map((suffix) => join(folder, part, `${prefix}${stem}${suffix}`)))
    .find((path) => existsSync(path))
}

/** libtensorflow in a folder: TensorFlow's C archive unpacked, or the package folder of a Python wheel. */
export function inFolder(folder: string, source: string): LibTensorFlow | undefined {
  const include = join(folder, 'include')
  const core = library(folder, 'tensorflow') ?? library(folder, 'tensorflow_cc')
  const framework = library(folder, 'tensorflow_framework')
  if (core === undefined || !existsSync(join(include, 'tensorflow/c/eager/c_api.h'))) return undefined
  return {
    source,
    include,
    libraries: [core, framework].flatMap((path) => (path === undefined ? [] : [realpathSync(path)])),
  }
}

/** The folder a user named. Throws `SetupError` when libtensorflow is not in it. */
export function inNamedFolder(name: string): LibTensorFlow {
  const folder = resolve(name)
  const found = inFolder(folder, folder)
  if (found !== undefined) return found
  throw new SetupError(
    `LIBTENSORFLOW_DIR: expected include/tensorflow/c/eager/c_api.h and lib${'/'}${prefix}tensorflow${suffixes[0]} (or tensorflow_cc) in ${folder}, ${existsSync(folder) ? 'and did not find both' : 'which does not exist'}`,
    'point it to an unpacked libtensorflow archive, or to the folder "tensorflow" in the site-packages of a Python that has TensorFlow',
  )
}

// Finds the package without importing it, which would take seconds and print.
const locate =
  'import importlib.util as u; s = u.find_spec("tensorflow"); print(s.submodule_search_locations[0] if s else "")'

/** libtensorflow inside the TensorFlow wheel of a Python, if it has one. */
export async function inPythonWheel(python: string, run: CommandRunner): Promise<LibTensorFlow | undefined> {
  const { code, output } = await run(python, ['-c', locate], { seconds: 30 })
  const folder = output.trim().split('\n').at(-1) ?? ''
  if (code !== 0 || folder === '') return undefined
  return inFolder(folder, `the TensorFlow wheel of ${python}`)
}
