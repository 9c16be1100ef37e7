import { mkdirSync, renameSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { LibTensorFlow } from './find-libtensorflow.js'
import { reasonIn, type CommandRunner } from './run-command.js'
import { SetupError } from './setup-error.js'
import { addonPath } from './tensorflow-package.js'

/** Compiles the addon's sources, which the npm package ships, against a libtensorflow. Node-API: one build for all Nodes. */
export async function buildAddon(
  folder: string,
  { include, libraries }: LibTensorFlow,
  { compiler, run }: { readonly compiler: string | undefined; readonly run: CommandRunner },
): Promise<void> {
  if (process.platform === 'win32') {
    throw new SetupError(
      'building the TensorFlow addon is not supported on Windows',
      'use the package as it is downloaded: npm install @tensorflow/tfjs-node',
    )
  }
  const target = addonPath(folder)
  const part = `${target}.${process.pid}.part`
  mkdirSync(dirname(target), { recursive: true })
  const headers = join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include')
  const outcome = await run(
    await findCompiler(compiler, run),
    [
      ...['-std=c++17', '-O2', '-w', '-fPIC', '-shared', '-DNAPI_VERSION=8'],
      ...(process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : []),
      ...[headers, include, folder].flatMap((path) => ['-I', path]),
      ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(folder, 'binding', file)),
      ...libraries,
      ...new Set(libraries.map((path) => `-Wl,-rpath,${dirname(path)}`)),
      ...['-o', part],
    ],
    { seconds: 900 },
  )
  if (outcome.code !== 0) {
    throw new SetupError(
      `the TensorFlow addon did not compile: ${reasonIn(outcome)}`,
      'set CXX to a compiler with C++17, or LIBTENSORFLOW_DIR to another TensorFlow (2.9 to 2.21 are known to work with their C interface)',
    )
  }
  renameSync(part, target)
}

async function findCompiler(named: string | undefined, run: CommandRunner): Promise<string> {
  const candidates = named === undefined || named === '' ? ['g++', 'clang++', 'c++'] : [named]
  for (const candidate of candidates) if ((await run(candidate, ['--version'])).code === 0) return candidate
  throw new SetupError(
    `no C++ compiler found (looked for ${candidates.join(', ')})`,
    'install g++ (Debian: apt-get install g++) or clang, or set CXX',
  )
}
