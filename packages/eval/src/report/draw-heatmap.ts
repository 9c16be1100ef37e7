import * as Plot from '@observablehq/plot'
import type { z } from 'zod'
import type { heatmapFigureSchema } from '../figures/figure.js'
import { type DrawingSize, drawingWidth, plot, svgText } from './drawing.js'
import { formatNumber } from './format.js'

/** A matrix of cells; the depth of one colour (or of two, around a middle) shows the value, and the number stands in it. */
export function drawHeatmap(figure: z.output<typeof heatmapFigureSchema>, size: DrawingSize): string {
  const wide = size === 'wide'
  const numbers = figure.cells.flat().filter((value): value is number => value !== null)
  const middle = figure.diverging ?? Math.min(...numbers)
  const reach = Math.max(1e-300, ...numbers.map((value) => Math.abs(value - middle)))
  const columns = figure.x.values.length
  const longest = Math.max(...figure.y.values.map((value) => value.length))
  const marginLeft = Math.min(wide ? 200 : 110, 30 + longest * 6.8)
  const cellWidth = (drawingWidth[size] - marginLeft - 10) / columns
  const cells = figure.y.values.flatMap((row, y) =>
    figure.x.values.map((column, x) => {
      const value = figure.cells[y]?.[x] ?? null
      return { row, column, value, depth: value === null ? 0 : 0.06 + (0.94 * Math.abs(value - middle)) / reach }
    }),
  )
  const color = (cell: { value: number | null }) =>
    cell.value === null ? 'none' : cell.value >= middle ? 'var(--series-1)' : 'var(--series-2)'
  const fits = cellWidth >= figure.value.digits * 7 + 22
  const svg = plot({
    width: drawingWidth[size],
    height: figure.y.values.length * (wide ? 40 : 34) + (cellWidth < 44 ? 70 : 52),
    marginLeft,
    marginRight: 10,
    marginTop: 8,
    marginBottom: cellWidth < 44 ? 62 : 44,
    padding: 0.04,
    x: {
      type: 'band',
      domain: figure.x.values,
      label: figure.x.label,
      labelArrow: 'none',
      labelAnchor: 'center',
      tickSize: 0,
      ...(cellWidth < 44 ? { tickRotate: -45 } : {}),
    },
    y: { type: 'band', domain: figure.y.values, label: null, tickSize: 0 },
    marks: [
      ...cells.map((cell) =>
        Plot.cell([cell], {
          x: 'column',
          y: 'row',
          fill: color(cell),
          fillOpacity: cell.depth,
          stroke: 'var(--ink)',
          strokeOpacity: 0.1,
          rx: 3,
        }),
      ),
      ...(fits
        ? cells.flatMap((cell) =>
            Plot.text([cell], {
              x: 'column',
              y: 'row',
              text: () => (cell.value === null ? '–' : formatNumber(cell.value, figure.value.digits)),
              fill: cell.depth > 0.62 ? 'var(--paper)' : 'var(--ink)',
            }),
          )
        : []),
    ],
  })
  const label = `${figure.title}: ${figure.value.label} by ${figure.y.label} and ${figure.x.label}, from ${formatNumber(Math.min(...numbers), figure.value.digits)} to ${formatNumber(Math.max(...numbers), figure.value.digits)}.`
  return svgText(svg, { id: figure.id, label, size })
}
