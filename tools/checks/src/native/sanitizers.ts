/**
 * `npm run check:native`: the kernel tests on the engine built with sanitizers, address and undefined behaviour
 * together, then thread. Needs Linux and g++ with its sanitizer libraries. Each build is first shown a mistake, which
 * it has to see; any finding in the tests, or a test that fails, is exit code 1.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { repositoryRoot } from '../workspaces.js'
import { describeFailure, run, type Outcome } from '../packages/run.js'

interface Sanitizers {
  /** What -fsanitize takes. */
  readonly names: string
  /** Runtime libraries that must be loaded before anything else. */
  readonly libraries: readonly string[]
  /** Options of the runtimes; reports go to files, so that none is lost in what a test prints. */
  options(reports: string): Readonly<Record<string, string>>
}

const all: readonly Sanitizers[] = [
  {
    names: 'address,undefined',
    libraries: ['libasan.so', 'libubsan.so'],
    options: (reports) => ({
      // Node keeps memory until its end, which is no leak of ours; allocation failures are tested, and return null
      ASAN_OPTIONS: `detect_leaks=0:allocator_may_return_null=1:log_path=${reports}`,
      UBSAN_OPTIONS: `print_stacktrace=1:halt_on_error=1:log_path=${reports}`,
    }),
  },
  {
    names: 'thread',
    libraries: ['libtsan.so'],
    options: (reports) => ({
      // Node and its tools are not built for it: what they do is not looked at
      TSAN_OPTIONS: `history_size=7:ignore_noninstrumented_modules=1:exitcode=0:log_path=${reports}`,
    }),
  },
]

const suites = [
  { folder: 'packages/tensor-native', tests: ['src'] },
  { folder: 'packages/tensor-core', tests: ['src/testing/conformance-native.test.ts'] },
]

const here = dirname(fileURLToPath(import.meta.url))
const minutes = 60_000

async function check(sanitizers: Sanitizers): Promise<string[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'lemanic-sanitizers-'))
  const reports = join(scratch, 'report')
  try {
    const addon = await buildAddon(sanitizers.names)
    const environment = {
      ...process.env,
      ...sanitizers.options(reports),
      LD_PRELOAD: (await Promise.all(sanitizers.libraries.map(runtimeLibrary))).join(' '),
      LEMANIC_CHECK_ADDON: addon,
    }
    // the thread sanitizer knows only some layouts of the address space: no random one
    const prefix = sanitizers.names === 'thread' ? ['setarch', '-R'] : []
    const execute = (words: readonly string[], cwd: string, extra: NodeJS.ProcessEnv = {}): Promise<Outcome> => {
      const [command, ...rest] = [...prefix, process.execPath, ...words] as [string, ...string[]]
      return run(command, rest, { cwd, env: { ...environment, ...extra }, timeout: 20 * minutes })
    }
    /** What came to light since the last call: reports in files, and those that undefined behaviour leaves in the output. */
    const findings = ({ stdout, stderr }: Outcome): string[] => [
      ...takeReports(scratch),
      ...`${stdout}\n${stderr}`.split('\n').filter((line) => line.includes('runtime error:')),
    ]
    const problems = await blindSpots(sanitizers, scratch, execute, findings)
    for (const { folder, tests } of suites) {
      const started = Date.now()
      const vitest = join(repositoryRoot, 'node_modules/vitest/vitest.mjs')
      const words = [vitest, 'run', '--testTimeout=600000', '--hookTimeout=600000', '--no-file-parallelism', ...tests]
      const outcome = await execute(words, join(repositoryRoot, folder), {
        NODE_OPTIONS: `--require=${join(here, 'redirect-addon.cjs')}`,
        NO_COLOR: '1',
      })
      const count = /Tests +(.+)/.exec(outcome.stdout)?.[1] ?? 'no tests'
      console.log(`${sanitizers.names}: ${folder}: ${count}, ${Math.round((Date.now() - started) / 1000)} s`)
      if (outcome.code !== 0 || !/\d+ passed/.test(count)) {
        problems.push(describeFailure(`${sanitizers.names}: ${folder}`, outcome))
      }
      problems.push(...findings(outcome).map((report) => `${sanitizers.names}: ${folder}:\n${report}`))
    }
    return problems
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function buildAddon(names: string): Promise<string> {
  const script = join(repositoryRoot, 'packages/tensor-native/build.mjs')
  const started = Date.now()
  const outcome = await run(process.execPath, [script, '--require', '--sanitize', names], {
    cwd: repositoryRoot,
    timeout: 20 * minutes,
  })
  if (outcome.code !== 0) throw new Error(describeFailure(`building with ${names}`, outcome))
  console.log(`${names}: built, ${Math.round((Date.now() - started) / 1000)} s`)
  const folder = `${process.platform}-${process.arch}-${names.replaceAll(',', '-')}`
  return join(repositoryRoot, 'packages/tensor-native/build', folder, 'lemanic.node')
}

async function runtimeLibrary(name: string): Promise<string> {
  const { stdout } = await run('g++', [`-print-file-name=${name}`], { cwd: repositoryRoot })
  const path = stdout.trim()
  if (path === name || !existsSync(path)) throw new Error(`g++ has no ${name}; on Debian it comes with libgcc-dev`)
  return path
}

/** Sanitizers that do not see the mistake that is made for them. */
async function blindSpots(
  { names }: Sanitizers,
  scratch: string,
  execute: (words: readonly string[], cwd: string, extra: NodeJS.ProcessEnv) => Promise<Outcome>,
  findings: (outcome: Outcome) => string[],
): Promise<string[]> {
  const addon = join(scratch, 'canary.node')
  const require = createRequire(join(repositoryRoot, 'package.json'))
  const headers = join(dirname(require.resolve('node-api-headers/package.json')), 'include')
  const flags = ['-std=c++17', '-O1', '-g1', '-fPIC', '-shared', '-pthread', `-fsanitize=${names}`, `-I${headers}`]
  const built = await run('g++', [...flags, join(here, 'canary.cc'), '-o', addon], { cwd: scratch })
  if (built.code !== 0) throw new Error(describeFailure('building the canary', built))
  const problems: string[] = []
  const load = ['-e', `require(${JSON.stringify(addon)})`]
  for (const name of names.split(',')) {
    const found = findings(await execute(load, scratch, { LEMANIC_CANARY: name }))
    if (found.length === 0) problems.push(`${names}: the ${name} sanitizer did not see a mistake made for it`)
  }
  const none = findings(await execute(load, scratch, { LEMANIC_CANARY: 'none' }))
  problems.push(...none.map((report) => `${names}: a program without mistake:\n${report}`))
  return problems
}

/** The reports written so far that have to do with an addon of ours, and all away. */
function takeReports(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.startsWith('report'))
    .flatMap((file) => {
      const text = readFileSync(join(folder, file), 'utf8')
      rmSync(join(folder, file))
      return text.split('==================\n')
    })
    .filter((report) => /(lemanic|canary)\.node|native\/\w+\.(cc|h)/.test(report))
    .map((report) => report.split('\n').slice(0, 40).join('\n'))
}

if (process.platform !== 'linux') {
  console.error(`check:native: the sanitizers are run on Linux only, this is ${process.platform}.`)
  process.exitCode = 1
} else {
  const problems: string[] = []
  for (const sanitizers of all) problems.push(...(await check(sanitizers)))
  for (const problem of problems) console.error(problem)
  console.log(problems.length === 0 ? 'check:native: no findings' : `check:native: ${problems.length} findings`)
  process.exitCode = problems.length === 0 ? 0 : 1
}
