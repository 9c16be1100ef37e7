// Usage: npm run check:browser
// Runs the conformance suite of tensor-core on the WebAssembly engine in headless Chromium: on one thread in a plain
// page, on three in a cross-origin isolated one, and on three in a worker of that. Exit code 0 when every case passed,
// else 1; without a Chromium it says so and exits 0, except under CI, where that is a failure.
import puppeteer, { type Browser } from 'puppeteer-core'
import { createCpuBackend } from '@lemanic/tensor-core'
import { contractChecks } from '@lemanic/tensor-core/testing'
import { findChromium } from '../find-chromium.js'
import type { BrowserOutcome } from './page.js'
import { servePage } from './serve.js'

interface Run {
  readonly title: string
  readonly path: '/plain' | '/isolated'
  /** Function of the page. */
  readonly entry: 'conformance' | 'conformanceInWorker'
  /** Threads to ask for; undefined: the default. */
  readonly threads: number | undefined
  readonly expectedThreads: number
}

const RUNS: readonly Run[] = [
  { title: 'plain page', path: '/plain', entry: 'conformance', threads: undefined, expectedThreads: 1 },
  { title: 'isolated page', path: '/isolated', entry: 'conformance', threads: 3, expectedThreads: 3 },
  { title: 'worker of it', path: '/isolated', entry: 'conformanceInWorker', threads: 3, expectedThreads: 3 },
]

/** Cases of the contract, counted here, so that a page that runs none fails. */
const expectedCases = Object.values(contractChecks(createCpuBackend())).flat().length

async function problemsOf(browser: Browser, origin: string, run: Run): Promise<string[]> {
  const page = await browser.newPage()
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.location().url?.endsWith('/favicon.ico'))
      problems.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => problems.push(error instanceof Error ? error.message : String(error)))
  try {
    await page.goto(`${origin}${run.path}`, { waitUntil: 'load', timeout: 120_000 })
    const started = performance.now()
    // as text: what tsx makes of a function asks for helpers that the page lacks
    const outcome = (await page.evaluate(`${run.entry}(${run.threads})`)) as BrowserOutcome
    const seconds = (performance.now() - started) / 1000
    const failed = outcome.results.filter(({ passed }) => !passed)
    problems.push(...failed.slice(0, 20).map(({ name, message }) => `${name}: ${message}`))
    if (failed.length > 20) problems.push(`and ${failed.length - 20} more`)
    if (expectedCases === 0 || outcome.results.length !== expectedCases)
      problems.push(`expected ${expectedCases} cases, ${outcome.results.length} ran`)
    if (outcome.threads !== run.expectedThreads)
      problems.push(`expected ${run.expectedThreads} threads, got ${outcome.threads}`)
    console.log(
      `wasm ${outcome.instructionSet} in Chromium, ${run.title}, ${outcome.threads} ${outcome.threads === 1 ? 'thread' : 'threads'}: ` +
        `${outcome.results.length - failed.length} of ${expectedCases} cases passed in ${seconds.toFixed(1)} s`,
    )
  } finally {
    await page.close()
  }
  return problems.map((problem) => `${run.title}: ${problem}`)
}

async function main(): Promise<number> {
  const executablePath = findChromium()
  if (executablePath === undefined) {
    console.error(
      'browser: not checked, there is no Chromium here. Install one (Debian: apt-get install chromium) or set CHROMIUM_PATH.',
    )
    return process.env.CI ? 1 : 0
  }
  const { server, origin } = await servePage()
  // Containers run as root, where Chromium's sandbox cannot start; the page is our own.
  const browser = await puppeteer.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
    protocolTimeout: 600_000,
  })
  try {
    console.log(await browser.version())
    const problems: string[] = []
    for (const run of RUNS) problems.push(...(await problemsOf(browser, origin, run)))
    for (const problem of problems) console.error(problem)
    return problems.length === 0 ? 0 : 1
  } finally {
    await browser.close()
    server.close()
  }
}

process.exitCode = await main()
