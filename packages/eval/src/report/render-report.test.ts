import { parseHTML } from 'linkedom'
import { describe, expect, test } from 'vitest'
import { parseResults, type Results } from '../study/results.js'
import { exampleResults } from './fixtures/example-results.js'
import { renderGallery } from './render-gallery.js'
import { renderReport } from './render-report.js'
import { styles } from './styles.js'

const results = exampleResults()
const report = renderReport(results)
const { document } = parseHTML(report)

function text(of: string): string {
  return of.replace(/\s+/g, ' ')
}

describe('a report', () => {
  test('is one page that asks for nothing else and runs nothing', () => {
    expect(document.querySelectorAll('script, iframe, object, embed, img, link[rel=stylesheet], base')).toHaveLength(0)
    expect(report).not.toMatch(/@import|url\((?!#)|\bsrc=|srcset=|\bon\w+="/)
    for (const link of document.querySelectorAll('link')) expect(link.getAttribute('href')).toBe('data:,')
    for (const anchor of document.querySelectorAll('a')) {
      expect(anchor.getAttribute('href')).toMatch(/^(https:\/\/example\.org\/|#|data:application\/json;base64,)/)
    }
  })

  test('is the same when drawn again from its own JSON', () => {
    // Compared as a whole: a difference would print two pages.
    expect(renderReport(parseResults(JSON.parse(JSON.stringify(results)))) === report).toBe(true)
    const link = document.querySelector('a[download]')!.getAttribute('href')!
    const embedded: unknown = JSON.parse(Buffer.from(link.split(',')[1]!, 'base64').toString('utf8'))
    expect(renderReport(parseResults(embedded)) === report).toBe(true)
  })

  test('tells few claims in full, and of many only what is contradicted', () => {
    const [first] = results.claims
    const made = (count: number) =>
      Array.from({ length: count }, (_, i) => ({
        ...first!,
        id: `claim-${i}`,
        statement: `Statement ${i}`,
        verdict: i === 1 ? ('contradicted' as const) : ('supported' as const),
      }))
    const reading = (count: number): string => {
      const { document: page } = parseHTML(renderReport({ ...results, claims: made(count) }))
      return text(page.querySelector('.reading')!.textContent!)
    }
    expect(reading(12)).toMatch(/Supported: “Statement 0” \(claim-0.*Contradicted: “Statement 1”/)
    expect(reading(13)).toMatch(/Supported: claim-0, claim-2, .*claim-12\.\s*Contradicted: “Statement 1” \(claim-1/)
  })

  test('holds everything that the results hold', () => {
    const page = text(document.body.textContent!)
    for (const claim of results.claims) {
      const article = document.getElementById(`claim-${claim.id}`)!
      const words = text(article.textContent!)
      for (const part of [claim.statement, claim.source.sentence, claim.source.place, claim.verdict])
        expect(words).toContain(part)
    }
    for (const part of [
      ...results.deviations,
      ...results.dataSets.flatMap((data) => [data.name, data.version, data.licence]),
      ...results.arms.map((arm) => arm.title),
      ...results.paperFigures.map((figure) => figure.paper),
      ...results.figures.map((figure) => figure.title),
      results.paper.title,
      results.paper.authors,
      results.environment.commit,
      results.environment.cpu,
      results.command!,
      '5.4\u202fMB',
    ]) {
      expect(page).toContain(text(part))
    }
    expect(page).toContain('the evidence supports three, contradicts one and leaves one open of the five claims')
  })

  test('names every drawing, table header and section for those who do not see them', () => {
    const drawings = [...document.querySelectorAll('svg.drawing')]
    expect(drawings.length).toBeGreaterThanOrEqual(2 * 7)
    for (const drawing of drawings) {
      expect(drawing.getAttribute('role')).toBe('img')
      expect(drawing.getAttribute('aria-label')!.length).toBeGreaterThan(30)
    }
    for (const header of document.querySelectorAll('th')) expect(header.getAttribute('scope')).toMatch(/^(col|row)$/)
    for (const section of document.querySelectorAll('section')) {
      expect(document.getElementById(section.getAttribute('aria-labelledby')!)).not.toBeNull()
    }
    for (const anchor of document.querySelectorAll('a[href^="#"]')) {
      expect(
        document.getElementById(anchor.getAttribute('href')!.slice(1)),
        anchor.getAttribute('href')!,
      ).not.toBeNull()
    }
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(document.documentElement.getAttribute('lang')).toBe('en')
    expect(document.querySelectorAll('h1')).toHaveLength(1)
  })

  test('draws every figure for a desk and for a phone, in colours of the page', () => {
    for (const figure of results.figures) {
      const element = document.getElementById(`figure-${figure.id}`)!
      if (figure.kind === 'table') {
        expect(element.querySelectorAll('tbody tr')).toHaveLength(figure.rows.length)
      } else {
        expect(element.querySelectorAll('svg.wide')).toHaveLength(1)
        expect(element.querySelectorAll('svg.narrow')).toHaveLength(1)
      }
    }
    const colours = [...report.matchAll(/(?:fill|stroke)="([^"]*)"/g)].map((match) => match[1]!)
    for (const colour of colours) expect(colour).toMatch(/^(none|currentColor|var\(--[a-z0-9-]+\))$/)
  })

  test('puts all dots of a claim and its mean at their places', () => {
    const drawing = document.querySelector('#claim-A svg.wide')!
    const dots = [...drawing.querySelectorAll('circle')].map((dot) => Number(dot.getAttribute('cx')))
    const values = [...results.claims[0]!.values.map((item) => item.value), results.claims[0]!.effect!.value]
    expect(dots).toHaveLength(values.length)
    const scale = (dots[1]! - dots[0]!) / (values[1]! - values[0]!)
    values.forEach((value, index) => expect(dots[index]! - dots[0]!).toBeCloseTo((value - values[0]!) * scale, 0))
  })

  test('keeps numbers of axes whole', () => {
    const labels = [...document.querySelectorAll('#figure-interaction svg.wide text')].map(
      (element) => element.textContent,
    )
    expect(labels).toContain('−0.042')
    expect(labels).toContain('0.012')
  })

  test('escapes what it is given', () => {
    const evil = '<script>alert("&")</script>'
    const hostile: Results = structuredClone(results)
    hostile.study.title = evil
    hostile.claims[0]!.statement = evil
    hostile.deviations = [evil]
    hostile.arms[0]!.title = evil
    hostile.figures.forEach((figure) => (figure.title = evil))
    hostile.command = evil
    const page = renderReport(hostile)
    expect(page).not.toContain('<script>')
    expect(parseHTML(page).document.querySelector('h1')!.textContent).toBe(evil)
  })

  test('is small', () => {
    expect(report.length).toBeLessThan(200_000)
  })

  test('of a smoke run says that there is no verdict', () => {
    const page = text(parseHTML(renderReport(exampleResults('smoke'))).document.body.textContent!)
    expect(page).toContain('too small for a verdict')
    expect(page).not.toContain('the evidence supports')
  })

  test('lists failed, missing and dropped runs', () => {
    const partial: Results = structuredClone(results)
    partial.runs[0] = { ...partial.runs[0]!, status: 'failed', metrics: {}, error: 'it broke' }
    partial.missing = [{ arm: 'loop', seed: 9 }]
    partial.arms[1]!.dropped = 'there was no time'
    const page = text(parseHTML(renderReport(partial)).document.body.textContent!)
    expect(page).toContain('plain, seed 0: it broke')
    expect(page).toContain('One run failed and is listed under the arms.')
    expect(page).toContain('One of the runs that the preset asks for is not there yet.')
    expect(page).toContain('there was no time')
  })

  test('without claims, figures, data or paper figures leaves those parts out', () => {
    const bare: Results = {
      ...structuredClone(results),
      claims: [],
      figures: [],
      dataSets: [],
      paperFigures: [],
      deviations: [],
    }
    const titles = [...parseHTML(renderReport(bare)).document.querySelectorAll('h2')].map(
      (heading) => heading.textContent,
    )
    expect(titles).toEqual(['What we found', 'Arms', 'Deviations from the paper', 'Environment', 'Make it again'])
  })
})

describe('the palette', () => {
  const palettes = [...styles.matchAll(/--paper:(#\w+);--raised[^}]*/g)].map((match) =>
    Object.fromEntries([...match[0].matchAll(/--([\w-]+):(#\w+)/g)].map((pair) => [pair[1]!, pair[2]!])),
  )

  test('has readable text: contrast of at least 4.5 : 1, lines of at least 3 : 1, in light and dark', () => {
    expect(palettes.length).toBeGreaterThanOrEqual(2)
    for (const palette of palettes.slice(0, 2)) {
      const pairs = [
        ...['ink', 'soft', 'accent'].flatMap((color) => [
          [color, 'paper'],
          [color, 'raised'],
          [color, 'wash'],
        ]),
        ['good', 'good-wash'],
        ['bad', 'bad-wash'],
        ['open', 'open-wash'],
      ]
      for (const [front, back] of pairs) {
        expect(contrast(palette[front!]!, palette[back!]!), `${front} on ${back}`).toBeGreaterThanOrEqual(4.5)
      }
      for (let series = 1; series <= 8; series++) {
        expect(contrast(palette[`series-${series}`]!, palette.paper!), `series ${series}`).toBeGreaterThanOrEqual(3)
      }
    }
  })
})

describe('the gallery', () => {
  test('links every study and shows every verdict', () => {
    const page = renderGallery([
      { results, href: 'example/laptop/report.html' },
      { results: exampleResults('smoke'), href: 'example/smoke/report.html' },
    ])
    const gallery = parseHTML(page).document
    expect([...gallery.querySelectorAll('h2 a')].map((anchor) => anchor.getAttribute('href'))).toEqual([
      'example/laptop/report.html',
      'example/smoke/report.html',
    ])
    expect(gallery.querySelectorAll('.studies .badge')).toHaveLength(10)
    expect(text(gallery.body.textContent!)).toContain('2 studies, 5 claims judged.')
    expect(renderGallery([])).toContain('0 studies')
  })
})

function contrast(first: string, second: string): number {
  const luminance = (color: string) => {
    const full = color.length === 4 ? [...color.slice(1)].map((digit) => digit + digit).join('') : color.slice(1)
    const [red, green, blue] = [0, 2, 4].map((at) => {
      const share = parseInt(full.slice(at, at + 2), 16) / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
  }
  const [low, high] = [luminance(first), luminance(second)].sort((a, b) => a - b)
  return (high! + 0.05) / (low! + 0.05)
}
