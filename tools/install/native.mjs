// Runs after `npm ci` in the repository: builds the C++ engine for this machine. Whatever goes wrong is one line of
// advice and exit code 0, because the WebAssembly build of the same kernels serves without a compiler.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const script = join(root, 'packages/tensor-native/build.mjs')
const advice =
  'Install a C++17 compiler (Debian: apt-get install g++) and run `npm run build:native`; until then the WebAssembly engine serves.'

if (existsSync(script)) {
  const { status, error } = spawnSync(process.execPath, [script], { cwd: dirname(script), stdio: 'inherit' })
  if (error !== undefined || status !== 0) {
    console.error(`The native engine was not built (${error?.message ?? `exit code ${status}`}). ${advice}`)
  }
}
