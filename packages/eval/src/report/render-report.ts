import { mean, standardDeviation } from '../statistics/descriptive.js'
import { type Results, resultsSchema } from '../study/results.js'
import { claimDetail, claimsTable } from './claims-html.js'
import { giveColors } from './drawing.js'
import { figureHtml } from './figure-html.js'
import { formatBytes, formatNumber, withUnit } from './format.js'
import { type Html, html } from './html.js'
import { page } from './page.js'
import { composeReading } from './reading.js'
import { tallyHtml } from './tally-html.js'

/**
 * The report of a study as one HTML page that needs nothing else: no request, its own styles and drawings, and a script
 * only where a figure answers its reader (`trajectories`), which reads without one, too.
 *
 * Takes the content of results.json (checked first) and nothing more, so an old report can be drawn again. Light and
 * dark follow the reader's system; figures are drawn twice, for a desk and for a phone; it prints.
 */
export function renderReport(results: Results): string {
  const checked = resultsSchema.parse(results)
  const reading = composeReading(checked)
  const colorOf = giveColors(checked.arms.map((arm) => arm.title))
  const sections: [id: string, title: string, body: Html | ''][] = [
    [
      'found',
      'What we found',
      html`<div class="reading">
          <p class="lead">${reading[0]}</p>
          ${reading.slice(1).map((sentence) => html`<p>${sentence}</p>`)}
        </div>
        ${notice(checked)}`,
    ],
    ['claims', 'Claims', checked.claims.length === 0 ? '' : html`${claimsTable(checked)}`],
    [
      'evidence',
      'The evidence, claim by claim',
      checked.claims.length === 0
        ? ''
        : html`${evidenceKey()}${checked.claims.map((claim) => claimDetail(claim, checked))}`,
    ],
    [
      'figures',
      'Figures',
      checked.figures.length === 0 ? '' : html`${checked.figures.map((figure) => figureHtml(figure, colorOf))}`,
    ],
    ['arms', 'Arms', armsTable(checked)],
    ['paper', 'The paper’s numbers beside ours', paperTable(checked)],
    ['deviations', 'Deviations from the paper', deviationsHtml(checked)],
    ['data', 'Data', dataTable(checked)],
    ['environment', 'Environment', environmentHtml(checked)],
    ['again', 'Make it again', againHtml(checked)],
  ]
  const shown = sections.filter(([, , body]) => body !== '')
  const { study, paper, preset } = checked
  return page({
    title: `${study.title} · ${preset.name}`,
    description: reading[0]!,
    header: html`<p class="eyebrow">Lemanic study · preset ${preset.name}</p>
      <h1>${study.title}</h1>
      ${study.question === undefined ? '' : html`<p class="lead">${study.question}</p>`}
      <p class="paper">
        Re-tests <a href="${paper.url}">${paper.title}</a>. ${paper.authors},
        ${paper.venue === undefined ? '' : `${paper.venue}, `}${paper.year}.
      </p>
      ${checked.claims.length > 0 && preset.verdicts ? tallyHtml(checked.claims) : ''}
      <nav aria-label="Contents">
        <ul class="contents">
          ${shown.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}
        </ul>
      </nav>`,
    main: html`${shown.map(
      ([id, title, body]) =>
        html`<section aria-labelledby="${id}">
          <h2 id="${id}">${title}</h2>
          ${body}
        </section> `,
    )}`,
    footer: html`<p>
      ${preset.description} Made by Lemanic from results.json, schema version ${checked.schemaVersion}.
    </p>`,
  })
}

function notice(results: Results): Html | '' {
  const dropped = results.arms.filter((arm) => arm.dropped !== undefined)
  return dropped.length === 0
    ? ''
    : html`<p class="note">Not run: ${dropped.map((arm) => `${arm.title} (${arm.dropped})`).join('; ')}.</p>`
}

function evidenceKey(): Html {
  return html`<p class="note">
    Each small dot is one seed; the large dot is the mean, the bar its 95 % interval, a grey band the margin. p is
    Holm-corrected over all claims; the detectable effect is one that this many seeds would find eight times in ten.
  </p>`
}

function armsTable(results: Results): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Arms">
      <table>
        <thead>
          <tr>
            <th scope="col">Arm</th>
            ${columnsOf(results).map(
              (metric) =>
                html`<th scope="col" class="number">
                  ${metric.title}${metric.unit === '' ? '' : `, ${metric.unit}`}${arrow(metric.better)}<br />mean ± sd
                </th>`,
            )}
            <th scope="col" class="number">Runs</th>
            <th scope="col" class="number">Seconds a run</th>
          </tr>
        </thead>
        <tbody>
          ${results.arms.map((arm) => armRow(arm, results))}
        </tbody>
      </table>
    </div>
    ${failuresHtml(results)}`
}

/** Metrics that have a column in the table of arms. */
function columnsOf(results: Results): Results['metrics'] {
  return results.metrics.filter(({ detail }) => detail !== true)
}

function armRow(arm: Results['arms'][number], results: Results): Html {
  const runs = results.runs.filter((run) => run.arm === arm.name)
  const done = runs.filter((run) => run.status === 'done')
  const cells = columnsOf(results).map((metric) => {
    const values = done.flatMap((run) => (run.metrics[metric.name] === undefined ? [] : [run.metrics[metric.name]!]))
    if (values.length === 0) return html`<td class="number">–</td>`
    const deviation = values.length > 1 ? standardDeviation(values) : 0
    const spread = deviation > 0 ? ` ± ${formatNumber(deviation, metric.digits)}` : ''
    return html`<td class="number">${formatNumber(mean(values), metric.digits)}${spread}</td>`
  })
  return html`<tr>
    <th scope="row">
      ${arm.title}${arm.description === undefined ? '' : html`<small>${arm.description}</small>`}${arm.dropped ===
      undefined
        ? ''
        : html`<small>Not run: ${arm.dropped}</small>`}
    </th>
    ${cells}
    <td class="number">${done.length}</td>
    <td class="number">${done.length === 0 ? '–' : formatNumber(mean(done.map((run) => run.seconds)), 1)}</td>
  </tr>`
}

function arrow(better: 'lower' | 'higher' | 'neither'): Html | '' {
  if (better === 'neither') return ''
  return html` <span title="${better} is better" aria-label="${better} is better"
    >${better === 'lower' ? '↓' : '↑'}</span
  >`
}

function failuresHtml(results: Results): Html | '' {
  const failed = results.runs.filter((run) => run.status === 'failed')
  if (failed.length === 0) return ''
  return html`<h3>Failed runs</h3>
    <ul>
      ${failed.map((run) => html`<li>${run.arm}, seed ${run.seed}: ${run.error}</li>`)}
    </ul>`
}

function paperTable(results: Results): Html | '' {
  if (results.paperFigures.length === 0) return ''
  return html`<table class="stack">
      <thead>
        <tr>
          <th scope="col">Quantity</th>
          <th scope="col" class="number">Paper</th>
          <th scope="col" class="number">Ours</th>
          <th scope="col">Source</th>
        </tr>
      </thead>
      <tbody>
        ${results.paperFigures.map((figure) => {
          return html`<tr>
            <th scope="row">
              ${figure.quantity}${figure.note === undefined ? '' : html`<small>${figure.note}</small>`}
            </th>
            <td class="number" data-label="Paper">${figure.paper}</td>
            <td class="number" data-label="Ours">${oursBeside(figure, results)}</td>
            <td data-label="Source">${figure.source}</td>
          </tr>`
        })}
      </tbody>
    </table>
    <p class="note">Numbers from different data and sizes stand side by side to compare directions, not values.</p>`
}

function oursBeside(figure: Results['paperFigures'][number], results: Results): string {
  const metric = results.metrics.find((item) => item.name === figure.metric)
  const values = results.runs.flatMap((run) =>
    metric && run.arm === figure.arm && run.status === 'done' ? [run.metrics[metric.name]!] : [],
  )
  return metric && values.length > 0 ? withUnit(formatNumber(mean(values), metric.digits), metric.unit) : '–'
}

function deviationsHtml(results: Results): Html {
  if (results.deviations.length === 0) return html`<p>None.</p>`
  return html`<ol class="deviations">
    ${results.deviations.map((deviation) => html`<li>${deviation}</li>`)}
  </ol>`
}

function dataTable(results: Results): Html | '' {
  if (results.dataSets.length === 0) return ''
  return html`<table class="stack">
    <thead>
      <tr>
        <th scope="col">Data set</th>
        <th scope="col">Version</th>
        <th scope="col">Licence</th>
        <th scope="col" class="number">Size</th>
      </tr>
    </thead>
    <tbody>
      ${results.dataSets.map(
        (data) =>
          html`<tr>
            <th scope="row">
              ${data.url === undefined ? data.name : html`<a href="${data.url}">${data.name}</a>`}${data.note ===
              undefined
                ? ''
                : html`<small>${data.note}</small>`}
            </th>
            <td data-label="Version">${data.version}</td>
            <td data-label="Licence">${data.licence}</td>
            <td class="number" data-label="Size">${data.bytes === undefined ? '–' : formatBytes(data.bytes)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}

function environmentHtml(results: Results): Html {
  const { environment } = results
  const total = results.runs.reduce((sum, run) => sum + run.seconds, 0)
  const facts: [string, string][] = [
    ['Backend', environment.backend],
    ['Processes × threads', `${environment.processes} × ${environment.threads}`],
    ['Processor', `${environment.cpu}, ${environment.cores} ${environment.cores === 1 ? 'core' : 'cores'}`],
    ['Memory', formatBytes(environment.memoryBytes)],
    ['System', environment.platform],
    ['Node', environment.node],
    ['Commit', environment.commit],
    ['Run time, summed', total < 600 ? `${formatNumber(total, 0)}\u202fs` : `${formatNumber(total / 60, 0)}\u202fmin`],
    ...(environment.startedAt === undefined ? [] : [['Started', environment.startedAt] as [string, string]]),
    ...Object.entries(environment.versions),
  ]
  return html`<dl class="facts">
    ${facts.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`
}

function againHtml(results: Results): Html {
  const data = base64(JSON.stringify(results))
  return html`${results.command === undefined
      ? ''
      : html`<p>With the commit above:</p>
          <pre tabindex="0"><code>${results.command}</code></pre>`}
    <p>Seeds: ${results.seeds.join(', ')}. Options: <code>${JSON.stringify(results.preset.options)}</code></p>
    <p class="screen">
      <a download="results.json" href="data:application/json;base64,${data}">Everything on this page as results.json</a>
    </p>`
}

function base64(text: string): string {
  let bytes = ''
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte)
  return btoa(bytes)
}
