import { type Results, resultsSchema } from '../study/results.js'
import { formatEffect } from './format.js'
import { type Html, html } from './html.js'
import { page } from './page.js'
import { tallyHtml } from './tally-html.js'
import { verdictBadge } from './verdict-badge.js'

/** One study of the gallery: its results and where its report is, relative to the gallery. */
export interface GalleryStudy {
  readonly results: Results
  readonly href: string
}

/** One page of all studies, in the design of the reports: each with its question, its claims and their verdicts. */
export function renderGallery(studies: readonly GalleryStudy[]): string {
  const claims = studies.flatMap(({ results }) => (results.preset.verdicts ? results.claims : []))
  const count = `${studies.length} ${studies.length === 1 ? 'study' : 'studies'}, ${claims.length} ${claims.length === 1 ? 'claim' : 'claims'} judged.`
  return page({
    title: 'Lemanic studies',
    description: `Published claims, tested again: ${count}`,
    header: html`<p class="eyebrow">Lemanic</p>
      <h1>Published claims, tested again</h1>
      <p class="lead">
        ${count} Each verdict rests on paired seeds, an interval and a correction for the number of claims.
      </p>
      ${claims.length > 0 ? tallyHtml(claims) : ''}`,
    main: html`<ul class="studies" style="margin-top:2.5rem">
      ${studies.map((study) => card({ ...study, results: resultsSchema.parse(study.results) }))}
    </ul>`,
    footer: html`<p>
      Supported: the test of the claim is significant beyond its margin. Contradicted: the test of the opposite is.
      Inconclusive: neither, or too little evidence to say.
    </p>`,
  })
}

function card({ results, href }: GalleryStudy): Html {
  const { study, paper, preset, claims } = results
  return html`<li>
    <p class="eyebrow">Preset ${preset.name}</p>
    <h2><a href="${href}">${study.title}</a></h2>
    <p class="paper">${paper.authors}, ${paper.year}. <a href="${paper.url}">${paper.title}</a></p>
    ${study.question === undefined ? '' : html`<p style="margin:0">${study.question}</p>`}
    <ol>
      ${claims.map((claim) => {
        const effect = claim.effect && claim.test.kind !== 'identity' ? formatEffect(claim.effect) : undefined
        return html`<li>
          ${verdictBadge(claim.verdict)}<span
            >${claim.statement}${effect ? html` <small class="paper nowrap">${effect.value}</small>` : ''}</span
          >
        </li>`
      })}
    </ol>
  </li>`
}
