import type { ClaimResult, Results } from '../study/results.js'
import { drawingHtml } from './figure-html.js'
import { formatEffect, formatNumber, digitsFor, formatP, withUnit } from './format.js'
import { type Html, html } from './html.js'
import { verdictBadge } from './verdict-badge.js'

/** All claims in one table: verdict, statement, our effect, p, and the paper's own figure. */
export function claimsTable(results: Results): Html {
  return html`<table class="stack">
    <thead>
      <tr>
        <th scope="col">Verdict</th>
        <th scope="col">Claim</th>
        <th scope="col">Our effect<br />(95 % interval)</th>
        <th scope="col" class="number">p, corrected</th>
        <th scope="col" class="number">n</th>
        <th scope="col">The paper</th>
      </tr>
    </thead>
    <tbody>
      ${results.claims.map(claimRow)}
    </tbody>
  </table>`
}

function claimRow(claim: ClaimResult): Html {
  const effect = effectOf(claim)
  const p = decisiveP(claim)
  return html`<tr>
    <td>${verdictBadge(claim.verdict)}</td>
    <th scope="row">
      <a href="#claim-${claim.id}">${claim.id}</a>. ${claim.statement}<small>${claim.source.place}</small>
    </th>
    <td data-label="Our effect">
      <span class="nowrap">${effect?.value ?? '–'}</span>${effect?.interval === undefined
        ? ''
        : html` <small class="nowrap">${effect.interval}</small>`}
    </td>
    <td class="number" data-label="p, corrected">
      ${p ? formatP(p.pCorrected) : '–'}${p?.opposite ? html` <small>of the opposite</small>` : ''}
    </td>
    <td class="number" data-label="Seeds">${claim.n}</td>
    <td class="long" data-label="The paper">${claim.paperEffect ?? '–'}</td>
  </tr>`
}

/** One claim with everything that its verdict rests on. */
export function claimDetail(claim: ClaimResult, results: Results): Html {
  const effect = effectOf(claim)
  const p = decisiveP(claim)
  const facts: [string, string | Html][] = []
  if (effect)
    facts.push([
      'Effect',
      html`${effect.value}${effect.interval === undefined
        ? ''
        : html` <small class="nowrap">${effect.interval}</small>`}`,
    ])
  if (p) {
    facts.push([
      p.opposite ? 'p of the opposite' : 'p',
      html`${formatP(p.pCorrected)} <small>${formatP(p.p)} uncorrected</small>`,
    ])
  }
  facts.push(['Seeds', String(claim.n)])
  if (
    claim.effect &&
    claim.effect.standardized !== null &&
    claim.test.kind !== 'identity' &&
    claim.test.kind !== 'threshold'
  ) {
    facts.push(['Effect ÷ spread (dz)', formatNumber(claim.effect.standardized, 2)])
  }
  if (claim.effect && claim.effect.minimumDetectable > 0) {
    const smallest = claim.effect.minimumDetectable
    facts.push(['Detectable effect', withUnit(formatNumber(smallest, digitsFor(smallest)), claim.effect.unit)])
  }
  if (claim.effect?.bootstrapCi95) {
    const [low, high] = claim.effect.bootstrapCi95
    facts.push(['Bootstrap interval', formatEffect({ ...claim.effect, ci95: [low, high] }).interval])
  }
  if (claim.paperEffect !== undefined) facts.push(['In the paper', claim.paperEffect])
  return html`<article class="claim" id="claim-${claim.id}">
    <header>
      <h3><span class="id">${claim.id}</span>${claim.statement}</h3>
      ${verdictBadge(claim.verdict)}
    </header>
    <p class="source">The paper: ${claim.source.sentence} <cite>(${claim.source.place})</cite></p>
    ${claimDrawing(claim, results)}
    <dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
    <p class="note">
      ${capital(claim.reason)}. Test: ${claim.test.description}; ${methods[claim.test.method] ?? claim.test.method}; α =
      ${claim.alpha}.
    </p>
  </article>`
}

function claimDrawing(claim: ClaimResult, results: Results): Html | '' {
  const { test } = claim
  if (!claim.effect || claim.values.length < 2) return ''
  if (test.kind === 'identity' && claim.values.every((item) => item.value === 0)) return ''
  const metric = results.metrics.find((item) => item.name === test.metric)
  const titleOf = (arm: string) => results.arms.find((item) => item.name === arm)?.title ?? arm
  const unit = claim.effect.unit === '' ? '' : ` (${claim.effect.unit})`
  const paired = test.kind === 'difference' || test.kind === 'equivalence' || test.kind === 'identity'
  const label = paired
    ? `${titleOf(test.arms[0]!)} − ${titleOf(test.arms[1]!)}: ${metric?.title ?? 'effect'}${unit}`
    : `${test.kind === 'trend' ? 'Slope of ' : ''}${metric?.title ?? test.description}${unit}`
  const figure = {
    kind: 'paired' as const,
    id: claim.id,
    title: `Claim ${claim.id}`,
    x: { label: `${label}${betterSide(metric?.better)}`, scale: 'linear' as const },
    reference: test.boundary !== undefined && test.kind === 'threshold' ? test.boundary : 0,
    ...(test.margin > 0 && test.kind !== 'identity' ? { margin: test.margin } : {}),
    rows: [
      {
        name: '',
        values: claim.values.map((item) => item.value),
        mean: claim.effect.value,
        ...(test.kind === 'identity' ? {} : { interval: claim.effect.ci95 }),
      },
    ],
  }
  return drawingHtml(figure, () => 0)
}

/** Effect and interval as text; a test without chance has no interval. */
function effectOf(claim: ClaimResult): { value: string; interval?: string } | undefined {
  if (!claim.effect) return undefined
  const { value, interval } = formatEffect(claim.effect)
  if (claim.test.kind !== 'identity') return { value, interval }
  return { value: claim.effect.value === 0 ? withUnit('0', claim.effect.unit) : value }
}

function betterSide(better: 'lower' | 'higher' | 'neither' | undefined): string {
  return better === 'lower' ? '  · ← is better' : better === 'higher' ? '  · → is better' : ''
}

/** The p value that the verdict turns on: that of the opposite where the evidence points there. */
function decisiveP(claim: ClaimResult): { p: number; pCorrected: number; opposite: boolean } | undefined {
  if (claim.p === null || claim.pCorrected === null) return undefined
  if (claim.verdict === 'contradicted' && claim.opposite) return { ...claim.opposite, opposite: true }
  return { p: claim.p, pCorrected: claim.pCorrected, opposite: false }
}

const methods: Readonly<Record<string, string>> = {
  t: 't test, two-sided',
  'sign-flip': 'sign-flip permutation test, two-sided',
  wilcoxon: 'Wilcoxon signed-rank test, two-sided',
  tost: 'paired t tests',
  exact: 'no chance involved',
}

function capital(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1)
}
