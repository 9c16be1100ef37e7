import * as Plot from '@observablehq/plot'
import type { z } from 'zod'
import type { pairedFigureSchema, pointsFigureSchema } from '../figures/figure.js'
import { type ColorOf, type DrawingSize, drawingWidth, plot, seriesColor, svgText } from './drawing.js'
import { digitsFor, formatNumber } from './format.js'

interface Row {
  readonly name: string
  readonly values: readonly number[]
  readonly mean: number
  readonly interval?: readonly [number, number] | undefined
  readonly paper?: number | undefined
}

/** One dot a seed for a difference of arms, the mean with its interval, zero, and the margin as a band. */
export function drawPaired(figure: z.output<typeof pairedFigureSchema>, size: DrawingSize): string {
  return drawRows({ ...figure, colors: figure.rows.map(() => 'var(--accent)') }, size)
}

/** Categories one below the other: every seed, the mean with its interval, and the published value where known. */
export function drawPoints(figure: z.output<typeof pointsFigureSchema>, size: DrawingSize, colorOf: ColorOf): string {
  return drawRows({ ...figure, colors: figure.rows.map((row) => seriesColor(colorOf(row.name))) }, size)
}

function drawRows(
  figure: {
    id: string
    title: string
    x: { label: string; scale: 'linear' | 'log'; domain?: [number, number] | undefined }
    rows: readonly Row[]
    margin?: number | undefined
    reference?: number
    colors: readonly string[]
  },
  size: DrawingSize,
): string {
  const wide = size === 'wide'
  const names = figure.rows.map((row) => wrapWords(row.name, 33))
  const longest = Math.max(...names.flat().map((line) => line.length))
  const named = figure.rows.some((row) => row.name !== '')
  const beside = wide && named
  const rowHeight = beside ? 50 : named ? 66 : 58
  const numbers = figure.rows.flatMap((row) => [
    ...row.values,
    row.mean,
    ...(row.interval ?? []),
    ...(row.paper === undefined ? [] : [row.paper]),
  ])
  const { reference } = figure
  const margin = figure.margin ?? 0
  if (reference !== undefined) numbers.push(reference - margin, reference + margin)
  const low = Math.min(...numbers)
  const high = Math.max(...numbers)
  const pad = figure.x.scale === 'log' ? 0 : (high - low || Math.abs(high) || 1) * 0.06
  const label = wide ? [figure.x.label] : wrapWords(figure.x.label, 46)
  const indices = figure.rows.map((_, index) => index)
  // The mean with its interval runs above the seeds, so that neither hides the other.
  const center = beside || !named ? -8 : 6
  const seedCenter = center + 17
  const marks: Plot.Markish[] = []
  if (reference !== undefined && margin > 0) {
    marks.push(
      Plot.rect([0], {
        x1: reference - margin,
        x2: reference + margin,
        y1: -0.5,
        y2: figure.rows.length - 0.5,
        fill: 'var(--ink)',
        fillOpacity: 0.07,
      }),
    )
  }
  if (reference !== undefined) marks.push(Plot.ruleX([reference], { stroke: 'var(--ink)', strokeOpacity: 0.55 }))
  for (const index of indices) {
    const row = figure.rows[index]!
    const color = figure.colors[index]!
    const at = { y: index, dy: center }
    if (reference === undefined)
      marks.push(Plot.ruleY([index], { stroke: 'var(--ink)', strokeOpacity: 0.1, dy: rowHeight / 2 }))
    marks.push(
      Plot.dot(row.values, {
        x: (value: number) => value,
        y: (_value: number, position: number) => index + stagger(position, row.values.length),
        dy: seedCenter,
        r: reference === undefined ? 3.5 : 4,
        fill: color,
        fillOpacity: 0.32,
        stroke: color,
        strokeOpacity: 0.5,
      }),
    )
    if (row.interval) {
      const [from, to] = row.interval
      marks.push(Plot.ruleY([0], { x1: from, x2: to, ...at, stroke: color, strokeWidth: 3, strokeLinecap: 'round' }))
    }
    marks.push(
      Plot.dot([row.mean], {
        x: (value: number) => value,
        ...at,
        r: 6,
        fill: color,
        stroke: 'var(--paper)',
        strokeWidth: 2,
      }),
    )
    if (row.paper !== undefined) {
      marks.push(
        Plot.dot([row.paper], {
          x: (value: number) => value,
          ...at,
          symbol: 'diamond2',
          r: 6,
          fill: 'none',
          stroke: 'var(--ink)',
          strokeWidth: 1.6,
        }),
      )
    }
    if (named && !beside) {
      marks.push(
        Plot.text([row.name], {
          frameAnchor: 'left',
          y: index,
          dy: -13,
          textAnchor: 'start',
          fontWeight: 600,
          fontSize: 12.5,
        }),
      )
    }
  }
  const svg = plot({
    width: drawingWidth[size],
    height: figure.rows.length * rowHeight + 52 + (label.length - 1) * 13,
    marginTop: 6,
    marginBottom: 46 + (label.length - 1) * 13,
    marginLeft: beside ? Math.min(260, 20 + longest * 7.2) : 12,
    marginRight: 18,
    x: {
      type: figure.x.scale,
      label: label.join('\n'),
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: wide ? 7 : 4,
      grid: true,
      domain: figure.x.domain ?? [low - pad, high + pad],
    },
    y: {
      domain: [figure.rows.length - 0.5, -0.5],
      type: 'linear',
      axis: beside ? 'left' : null,
      label: null,
      ticks: indices,
      tickSize: 0,
      tickPadding: 8,
      tickFormat: (index: number) => names[index]?.join('\n') ?? '',
    },
    marks,
  })
  return svgText(svg, { id: figure.id, label: describe(figure.title, figure.x.label, figure.rows), size })
}

/** Lines of at most `width` characters, broken between words. */
function wrapWords(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && `${last} ${word}`.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** Small fixed offsets, so that seeds with the same value do not hide each other. */
function stagger(position: number, count: number): number {
  return count < 3 ? 0 : [-0.06, 0.06, 0, 0.09, -0.03, 0.03][position % 6]!
}

function describe(title: string, label: string, rows: readonly Row[]): string {
  const parts = rows.map((row) => {
    const digits = row.interval ? digitsFor((row.interval[1] - row.interval[0]) / 2) : 3
    const interval = row.interval
      ? `, 95 % interval ${formatNumber(row.interval[0], digits)} to ${formatNumber(row.interval[1], digits)}`
      : ''
    return `${row.name === '' ? 'mean' : row.name} ${formatNumber(row.mean, digits)}${interval}`
  })
  return `${title} (${label}): ${parts.join('; ')}.`
}
