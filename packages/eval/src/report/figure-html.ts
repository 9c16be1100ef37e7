import type { z } from 'zod'
import type { figureSchema, lineFigureSchema, tableFigureSchema } from '../figures/figure.js'
import { drawHeatmap } from './draw-heatmap.js'
import { drawLine } from './draw-line.js'
import { drawPaired, drawPoints } from './draw-rows.js'
import { type ColorOf, type DrawingSize, seriesColor, seriesDash } from './drawing.js'
import { formatNumber } from './format.js'
import { type Html, html, raw } from './html.js'
import { trajectoriesHtml } from './trajectories-html.js'

type AnyFigure = z.output<typeof figureSchema>

/** A figure with its title, its drawing for a desk and for a phone, and its caption. */
export function figureHtml(figure: AnyFigure, colorOf: ColorOf): Html {
  const notes = [figure.caption, keyOf(figure)].filter((note) => note !== undefined && note !== '')
  return html`<figure id="figure-${figure.id}">
    <figcaption>
      <h3>${figure.title}</h3>
      ${notes.map((note) => html`<p>${note}</p>`)}
    </figcaption>
    ${bodyOf(figure, colorOf)}
  </figure>`
}

function bodyOf(figure: AnyFigure, colorOf: ColorOf): Html {
  if (figure.kind === 'table') return tableHtml(figure)
  return figure.kind === 'trajectories' ? trajectoriesHtml(figure) : drawingHtml(figure, colorOf)
}

/** Both drawings of a figure; the page shows the one that fits. */
export function drawingHtml(figure: Exclude<AnyFigure, { kind: 'table' | 'trajectories' }>, colorOf: ColorOf): Html {
  const draw = (size: DrawingSize): string => {
    switch (figure.kind) {
      case 'line':
        return drawLine(figure, size, colorOf)
      case 'paired':
        return drawPaired(figure, size)
      case 'points':
        return drawPoints(figure, size, colorOf)
      case 'heatmap':
        return drawHeatmap(figure, size)
    }
  }
  return html`${figure.kind === 'line' ? legendHtml(figure, colorOf) : ''}${raw(draw('wide'))}${raw(draw('narrow'))}`
}

function legendHtml(figure: z.output<typeof lineFigureSchema>, colorOf: ColorOf): Html {
  return html`<ul class="legend" aria-hidden="true">
    ${figure.series.map(
      (series) =>
        html`<li>
          <svg viewBox="0 0 28 8" width="28" height="8">
            <path
              d="M1 4H27"
              stroke="${seriesColor(colorOf(series.name))}"
              stroke-width="2.5"
              stroke-dasharray="${seriesDash(colorOf(series.name))}"
            /></svg
          >${series.name}
        </li>`,
    )}
  </ul>`
}

function keyOf(figure: AnyFigure): string | undefined {
  switch (figure.kind) {
    case 'line':
      return figure.band === undefined ? undefined : `Line: mean; band: ${figure.band}.`
    case 'paired':
      return `Small dots: seeds; large dot and bar: mean and 95\u202f% interval${figure.margin ? '; grey band: the margin' : ''}.`
    case 'points':
      return `Small dots: seeds; large dot and bar: mean and 95\u202f% interval${figure.rows.some((row) => row.paper !== undefined) ? '; open diamond: the paper' : ''}.`
    case 'heatmap':
      return figure.diverging === undefined
        ? `Cells: ${figure.value.label}; deeper is higher.`
        : `Cells: ${figure.value.label}; blue above ${figure.diverging}, orange below, deeper is further away.`
    case 'table':
    case 'trajectories':
      return undefined
  }
}

function tableHtml(figure: z.output<typeof tableFigureSchema>): Html {
  const numeric = figure.columns.map((_, column) => figure.rows.every((row) => typeof row[column] !== 'string'))
  const cell = (value: string | number | null, column: number): Html => {
    const digits = figure.columns[column]?.digits
    if (value === null) return numeric[column] ? html`<td class="number">–</td>` : html`<td>–</td>`
    if (typeof value === 'string') return column === 0 ? html`<th scope="row">${value}</th>` : html`<td>${value}</td>`
    return html`<td class="number">
      ${digits === undefined ? String(value).replace('-', '−') : formatNumber(value, digits)}
    </td>`
  }
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${figure.title}">
    <table>
      <thead>
        <tr>
          ${figure.columns.map(
            (column, index) =>
              html`<th scope="col" ${numeric[index] ? raw(' class="number"') : ''}>${column.title}</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${figure.rows.map(
          (row) =>
            html`<tr>
              ${row.map(cell)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}
