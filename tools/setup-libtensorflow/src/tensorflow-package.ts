import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { reasonIn, type CommandRunner } from './run-command.js'
import { SetupError } from './setup-error.js'

export type PackageName = '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu'

/** The version that the adapter is tested with. */
export const packageVersion = '4.22.0'

export const packageFolder = (cache: string, name: PackageName): string => join(cache, 'node_modules', name)

interface Manifest {
  readonly version: string
  readonly binary: { readonly napi_versions: readonly number[] }
}

const manifestOf = (folder: string): Manifest | undefined => {
  const path = join(folder, 'package.json')
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Manifest) : undefined
}

/** Fetches the package and its dependencies into the cache, without running install scripts. False: it was there. */
export async function fetchPackage(cache: string, name: PackageName, run: CommandRunner): Promise<boolean> {
  if (manifestOf(packageFolder(cache, name))?.version === packageVersion) return false
  mkdirSync(cache, { recursive: true })
  writeFileSync(join(cache, 'package.json'), `${JSON.stringify({ private: true, name: 'lemanic-tensorflow-cache' })}\n`)
  const outcome = await run(
    'npm',
    [
      'install',
      '--ignore-scripts',
      '--no-save',
      '--no-package-lock',
      '--no-audit',
      '--no-fund',
      `${name}@${packageVersion}`,
    ],
    { cwd: cache, seconds: 900 },
  )
  if (outcome.code === 0 && manifestOf(packageFolder(cache, name)) !== undefined) return true
  throw new SetupError(
    `npm could not install ${name}@${packageVersion}: ${reasonIn(outcome)}`,
    'check that `npm view @tensorflow/tfjs-node version` answers, then run npm run setup:tensorflow again',
  )
}

/** Where the package looks for its addon under this Node. */
export function addonPath(folder: string): string {
  const supported = manifestOf(folder)?.binary.napi_versions ?? []
  const version = Math.max(...supported.filter((napi) => napi <= Number(process.versions.napi)))
  return join(folder, 'lib', `napi-v${version}`, 'tfjs_binding.node')
}

/** The package's own install script, which downloads TensorFlow 2.9.1 and the addon. Undefined when it worked, else why not. */
export async function runInstallScript(folder: string, run: CommandRunner): Promise<string | undefined> {
  const outcome = await run('npm', ['run', 'install'], { cwd: folder, seconds: 1800 })
  return outcome.code === 0 && existsSync(addonPath(folder)) ? undefined : reasonIn(outcome)
}
