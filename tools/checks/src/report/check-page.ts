import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'puppeteer-core'
import { trajectoriesProblems } from './check-trajectories.js'

/** One way of looking at a report. */
export interface View {
  readonly name: string
  readonly width: number
  readonly height: number
  readonly scheme: 'light' | 'dark'
}

export const VIEWS: readonly View[] = [
  { name: 'desktop-light', width: 1280, height: 900, scheme: 'light' },
  { name: 'desktop-dark', width: 1280, height: 900, scheme: 'dark' },
  { name: 'phone-light', width: 375, height: 740, scheme: 'light' },
  { name: 'phone-dark', width: 375, height: 740, scheme: 'dark' },
  { name: 'narrow-light', width: 320, height: 640, scheme: 'light' },
]

/**
 * What is wrong with an HTML page in one view: errors in the console, anything fetched from elsewhere, content wider
 * than the window, text that can hardly be told from its background, an empty page, or a figure that answers its reader
 * wrongly.
 *
 * @param screenshot Where to write a picture of the whole page, if at all.
 */
export async function pageProblems(browser: Browser, file: string, view: View, screenshot?: string): Promise<string[]> {
  const page = await browser.newPage()
  const problems: string[] = []
  const own = pathToFileURL(file).href
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warn')
      problems.push(`console ${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) =>
    problems.push(`script error: ${error instanceof Error ? error.message : String(error)}`),
  )
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith('data:') && url.split('#')[0] !== own) problems.push(`asks for ${url}`)
  })
  try {
    await page.setViewport({
      width: view.width,
      height: view.height,
      deviceScaleFactor: 2,
      isMobile: view.width < 600,
      hasTouch: view.width < 600,
    })
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: view.scheme }])
    // tsx keeps function names through a helper of this name, which the page lacks.
    await page.evaluateOnNewDocument('globalThis.__name = (value) => value')
    await page.goto(own, { waitUntil: 'load', timeout: 30_000 })
    problems.push(...(await layoutProblems(page)))
    problems.push(...(await trajectoriesProblems(page)))
    // PNG pictures of pages taller than 16,384 device pixels repeat; reports are shorter.
    if (screenshot !== undefined) await page.screenshot({ path: screenshot as `${string}.png`, fullPage: true })
  } finally {
    await page.close()
  }
  return problems.map((problem) => `${file} (${view.name}): ${problem}`)
}

function layoutProblems(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = []
    const root = document.documentElement
    if (document.body.innerText.trim().length < 50) found.push('shows almost no text')
    if (document.title.trim() === '') found.push('has no title')
    if (root.lang === '') found.push('names no language')
    if (root.scrollWidth > root.clientWidth) {
      const wide = [...document.querySelectorAll('body *')].find((element) => {
        const box = element.getBoundingClientRect()
        return box.right > root.clientWidth + 1 && box.width > 0 && getComputedStyle(element).position !== 'fixed'
      })
      found.push(
        `is ${root.scrollWidth} pixels wide in a window of ${root.clientWidth}, because of <${wide?.tagName.toLowerCase() ?? '?'} class="${wide?.getAttribute('class') ?? ''}">`,
      )
    }
    const channels = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number)
    const luminance = (color: string): number => {
      const [r, g, b] = channels(color)
        .slice(0, 3)
        .map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4))
      return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    const canvas = getComputedStyle(document.body).backgroundColor
    const behind = channels(canvas)[3] === 0 ? getComputedStyle(root).backgroundColor : canvas
    if (channels(behind)[3] !== 0) {
      const [light, dark] = [luminance(getComputedStyle(document.body).color), luminance(behind)].sort((a, b) => b - a)
      if ((light + 0.05) / (dark + 0.05) < 7) found.push('body text has a contrast below 7:1')
    }
    return found
  })
}
