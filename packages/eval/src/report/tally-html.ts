import type { ClaimResult } from '../study/results.js'
import { type Html, html } from './html.js'
import { verdictIcon } from './verdict-badge.js'

/** How many claims got each verdict, at a glance. */
export function tallyHtml(claims: readonly ClaimResult[]): Html {
  const verdicts = ['supported', 'contradicted', 'inconclusive'] as const
  return html`<ul class="tally" aria-label="Verdicts">
    ${verdicts.map((verdict) => {
      const count = claims.filter((claim) => claim.verdict === verdict).length
      return count === 0 ? '' : html`<li class="${verdict}"><b>${count}</b>${verdictIcon(verdict)}${verdict}</li>`
    })}
  </ul>`
}
