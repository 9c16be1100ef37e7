import type { z } from 'zod'
import type { trajectoriesFigureSchema } from '../figures/figure.js'
import { formatNumber } from './format.js'
import { type Html, html, raw } from './html.js'
import { trajectoriesScript } from './trajectories-script.js'

type Trajectories = z.output<typeof trajectoriesFigureSchema>

/**
 * The first sample's first task in the order of the modalities, as a table that reads without a script; with one the
 * reader picks sample, task and order, and the page redraws from the data that lie in it.
 */
export function trajectoriesHtml(figure: Trajectories): Html {
  const [sample] = figure.samples
  const order = sample!.given.map(({ modality }) => modality)
  const moments = order.map((_, at) => order.slice(0, at + 1).join(''))
  const scores = ['', ...moments].map((arrival) => sample!.predictions[arrival]?.[0] ?? 0.5)
  const row = (name: string, given: string, at: number): Html =>
    html`<tr>
      <th scope="row">${at} · ${name}</th>
      <td>${given}</td>
      <td class="number">${formatNumber(100 * scores[at]!, 1)} %</td>
      <td class="number">${at === 0 ? '' : signed(logOdds(scores[at]!) - logOdds(scores[at - 1]!))}</td>
    </tr>`
  // in a script element nothing is escaped, and only "</script" and "<!--" could end it
  const data = JSON.stringify({ modalities: figure.modalities, tasks: figure.tasks, samples: figure.samples })
  return html`<div class="trajectories">
    <form class="controls screen" hidden>
      <label
        >Sample
        <select name="sample"></select
      ></label>
      <label
        >Task
        <select name="task"></select
      ></label>
      <fieldset>
        <legend>Order of arrival; what is not ticked does not come</legend>
        <ol></ol>
      </fieldset>
    </form>
    <p class="said" role="status">${sample!.name}: ${figure.tasks[0]!}</p>
    <div class="chart" aria-hidden="true"></div>
    <div class="scroll" tabindex="0" role="region" aria-label="${figure.title}">
      <table>
        <thead>
          <tr>
            <th scope="col">After</th>
            <th scope="col">What is known</th>
            <th scope="col" class="number">Probability</th>
            <th scope="col" class="number">Change, log-odds</th>
          </tr>
        </thead>
        <tbody>
          ${row('nothing', '', 0)}${sample!.given.map(({ modality, value }, at) =>
            row(figure.modalities[modality]!, value, at + 1),
          )}
        </tbody>
      </table>
    </div>
    <script type="application/json">
      ${raw(data.replaceAll('<', '\\u003c'))}
    </script>
    <script>
      ${raw(trajectoriesScript)}
    </script>
  </div>`
}

function logOdds(p: number): number {
  const inside = Math.min(0.9999, Math.max(0.0001, p))
  return Math.log(inside / (1 - inside))
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${formatNumber(Math.abs(value), 2)}`
}
