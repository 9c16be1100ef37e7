import type { Verdict } from '../study/results.js'
import { type Html, html, raw } from './html.js'

const icons: Readonly<Record<Verdict, string>> = {
  supported: '<path d="M3 8.5l3.4 3.4L13 4.6"/>',
  contradicted: '<path d="M4 4l8 8M12 4l-8 8"/>',
  inconclusive: '<path d="M3 6.2c1.7-1.5 3.3-1.5 5 0s3.3 1.5 5 0M3 10.8c1.7-1.5 3.3-1.5 5 0s3.3 1.5 5 0"/>',
}

/** The verdict as a coloured word with a sign, so that it reads without colour. */
export function verdictBadge(verdict: Verdict): Html {
  return html`<span class="badge ${verdict}">${verdictIcon(verdict)}${verdict}</span>`
}

/** The sign alone: a tick, a cross, or "about equal". */
export function verdictIcon(verdict: Verdict): Html {
  return raw(
    `<svg viewBox="0 0 16 16" width="14" height="14" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${icons[verdict]}</svg>`,
  )
}
