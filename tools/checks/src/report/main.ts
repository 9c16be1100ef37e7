// Usage: tsx src/report/main.ts [--screenshots DIR] REPORT.html …
// Looks at each report in headless Chromium. Exit code 0 in order, 1 problems, 2 wrong usage; without a Chromium it
// says so and exits 0, except under CI, where that is a failure.
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import puppeteer from 'puppeteer-core'
import { findChromium } from '../find-chromium.js'
import { pageProblems, VIEWS } from './check-page.js'

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { screenshots: { type: 'string' } } })
  if (positionals.length === 0) {
    console.error('Expected the path of at least one report.html, got none.')
    return 2
  }
  const executablePath = findChromium()
  if (executablePath === undefined) {
    console.error(
      'reports: not checked, there is no Chromium here. Install one (Debian: apt-get install chromium) or set CHROMIUM_PATH.',
    )
    return process.env.CI ? 1 : 0
  }
  const screenshots =
    values.screenshots === undefined ? undefined : resolve(process.env.INIT_CWD ?? '.', values.screenshots)
  if (screenshots !== undefined) mkdirSync(screenshots, { recursive: true })
  // Containers run as root, where Chromium's sandbox cannot start; the pages are our own files.
  const browser = await puppeteer.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--allow-file-access-from-files'],
  })
  try {
    const problems: string[] = []
    for (const [index, given] of positionals.entries()) {
      const file = resolve(process.env.INIT_CWD ?? '.', given)
      for (const view of VIEWS) {
        const picture = screenshots === undefined ? undefined : join(screenshots, `${index}-${view.name}.png`)
        problems.push(...(await pageProblems(browser, file, view, picture)))
      }
    }
    for (const problem of problems) console.error(problem)
    console.log(`reports: ${positionals.length} in ${VIEWS.length} views, ${problems.length} problems`)
    return problems.length === 0 ? 0 : 1
  } finally {
    await browser.close()
  }
}

process.exitCode = await main()
