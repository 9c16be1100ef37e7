import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { escapeHtml } from './html.js'

/** Widths that every figure is drawn for: a desk or a sheet of paper, and a phone. */
export type DrawingSize = 'wide' | 'narrow'

/** Width in CSS pixels of each size. */
export const drawingWidth: Readonly<Record<DrawingSize, number>> = { wide: 860, narrow: 350 }

/** Which series colour a name has; the same name has the same one all over a page. */
export type ColorOf = (name: string) => number

/** Gives out series colours in the order in which names are first asked for, starting with `known`. */
export function giveColors(known: readonly string[]): ColorOf {
  const given = new Map(known.map((name, index) => [name, index]))
  return (name) => {
    if (!given.has(name)) given.set(name, given.size)
    return given.get(name)!
  }
}

/** CSS colour of the nth series (from 0); the page defines eight for light and eight for dark. */
export function seriesColor(index: number): string {
  return `var(--series-${(index % 8) + 1})`
}

/** Dash pattern of the nth series, so that lines differ without colour too. */
export function seriesDash(index: number): string {
  return ['none', '7 3', '2 3', '9 3 2 3', '12 4', '4 2 1 2', '1 4', '6 2 2 2 2 2'][index % 8]!
}

/** A drawing surface: an SVG document of our own, without a browser. */
export function plot(options: Plot.PlotOptions): SVGSVGElement & Plot.Plot {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  return Plot.plot({
    ...options,
    document: document as unknown as Document,
    style: { fontSize: '12px', ...(options.style as object) },
  }) as unknown as SVGSVGElement & Plot.Plot
}

/**
 * The SVG of a plot as text: scalable, labelled, without styles of its own, coordinates rounded.
 *
 * `id` must differ from figure to figure: the names of clip paths are made from it, since Plot's own count on from one
 * drawing to the next and would make the same page come out differently each time.
 */
export function svgText(svg: SVGSVGElement, options: { id: string; label: string; size: DrawingSize }): string {
  const { id, label, size } = options
  const inner = svg.innerHTML
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/ aria-(?:label|hidden)="[^"]*"/g, '')
    .replace(/\bplot-clip-\d+/g, `clip-${id}-${size}`)
    .replace(/<[^>]*>/g, (tag) =>
      tag.replace(/-?\d+\.\d{3,}(?:e-?\d+)?/g, (digits) => String(Number(Number(digits).toFixed(2)))),
    )
  const width = svg.getAttribute('width')
  const height = svg.getAttribute('height')
  return (
    `<svg class="drawing ${size}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(label)}" ` +
    `fill="currentColor" font-size="12" text-anchor="middle">${inner}</svg>`
  )
}

/** Moves labels apart along one axis, keeping their order, so that neighbours are at least `gap` apart. */
export function spreadLabels(positions: readonly number[], gap: number, low: number, high: number): number[] {
  const order = positions.map((_, index) => index).sort((a, b) => positions[a]! - positions[b]!)
  const placed = positions.slice()
  for (let round = 0; round < 200; round++) {
    let moved = false
    for (let rank = 1; rank < order.length; rank++) {
      const above = order[rank - 1]!
      const below = order[rank]!
      const overlap = gap - (placed[below]! - placed[above]!)
      if (overlap > 0.01) {
        placed[above]! -= overlap / 2
        placed[below]! += overlap / 2
        moved = true
      }
    }
    for (const index of order) placed[index] = Math.min(high, Math.max(low, placed[index]!))
    if (!moved) break
  }
  return placed
}
