import * as Plot from '@observablehq/plot'
import type { z } from 'zod'
import type { lineFigureSchema } from '../figures/figure.js'
import {
  type ColorOf,
  type DrawingSize,
  drawingWidth,
  plot,
  seriesColor,
  seriesDash,
  spreadLabels,
  svgText,
} from './drawing.js'
import { formatNumber } from './format.js'

/** Curves with their spread, each named at its end; on a phone the names stand above in a legend of their own. */
export function drawLine(figure: z.output<typeof lineFigureSchema>, size: DrawingSize, colorOf: ColorOf): string {
  const wide = size === 'wide'
  const longest = Math.max(...figure.series.map((series) => series.name.length))
  const options: Plot.PlotOptions = {
    width: drawingWidth[size],
    height: wide ? 400 : 300,
    marginLeft: 52,
    marginRight: wide ? Math.min(220, 24 + longest * 7) : 14,
    marginTop: 34,
    marginBottom: 44,
    x: {
      type: figure.x.scale,
      label: figure.x.label,
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: wide ? 7 : 4,
      ...ticksOf(
        figure.x.scale,
        figure.series.flatMap((series) => series.points.map((point) => point.x)),
      ),
      ...domain(figure.x),
    },
    y: {
      type: figure.y.scale,
      label: figure.y.label,
      labelArrow: 'none',
      ticks: 6,
      ...ticksOf(
        figure.y.scale,
        figure.series.flatMap((series) => series.points.map((point) => point.y)),
      ),
      grid: true,
      nice: figure.y.domain === undefined,
      ...domain(figure.y),
    },
  }
  const clip = figure.x.domain !== undefined || figure.y.domain !== undefined
  const marks = (): Plot.Markish[] => [
    ...figure.series.flatMap((series) => [
      series.points.some((point) => point.low !== undefined && point.high !== undefined)
        ? Plot.areaY(series.points, {
            x: 'x',
            y1: (point) => point.low ?? point.y,
            y2: (point) => point.high ?? point.y,
            fill: seriesColor(colorOf(series.name)),
            fillOpacity: 0.14,
            clip,
          })
        : null,
    ]),
    ...figure.series.map((series) =>
      Plot.lineY(series.points, {
        x: 'x',
        y: 'y',
        stroke: seriesColor(colorOf(series.name)),
        strokeWidth: 2,
        strokeDasharray: seriesDash(colorOf(series.name)),
        strokeLinejoin: 'round',
        clip,
      }),
    ),
  ]
  const label = describe(figure)
  const first = plot({ ...options, marks: marks() })
  if (!wide) return svgText(first, { id: figure.id, label, size })
  const toY = first.scale('y')!.apply
  const ends = figure.series.map((series) => Number(toY(series.points.at(-1)!.y)))
  const placed = spreadLabels(ends, 17, 34, 350)
  const names = figure.series.map((series, index) =>
    Plot.text([series.points.at(-1)!], {
      x: 'x',
      y: 'y',
      text: () => series.name,
      dx: 10,
      dy: placed[index]! - ends[index]!,
      textAnchor: 'start',
      fill: seriesColor(colorOf(series.name)),
      fontWeight: 600,
      fontSize: 12.5,
    }),
  )
  return svgText(plot({ ...options, marks: [...marks(), ...names] }), { id: figure.id, label, size })
}

/** Words for the ticks of a logarithmic axis: plain below a thousand, with k, M and G above. */
function ticksOf(scale: 'linear' | 'log', values: readonly number[]): { tickFormat?: string } {
  if (scale === 'linear') return {}
  return { tickFormat: Math.max(...values) >= 1000 ? '~s' : '~r' }
}

function domain(axis: { domain?: [number, number] | undefined }): { domain?: [number, number] } {
  return axis.domain === undefined ? {} : { domain: axis.domain }
}

function describe(figure: z.output<typeof lineFigureSchema>): string {
  const last = figure.series.map((series) => `${series.name} ${formatNumber(series.points.at(-1)!.y, 3)}`)
  return `${figure.title}: ${figure.y.label} by ${figure.x.label}. At the end: ${last.join(', ')}.`
}
