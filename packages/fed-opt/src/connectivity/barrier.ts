import { argumentError } from '../refuse.js'
import type { Measures, MixEvaluator } from './evaluator.js'
import { mixOf, type Base, type Mix } from './mix.js'
import { layerIndices, type ModelPair } from './model-pair.js'

/** A measure ε of one mix, against four baselines; all but the first are 0 where there is no barrier. */
export interface BarrierValues {
  /** ε(W_{1,S}(α)) itself. */
  readonly raw: number
  /** Less ½(ε(W₁) + ε(W₂)), the mean of the two whole models: the paper's definitions 1 and 2. */
  readonly vsMean: number
  /** Less ε of the base model. Free of the offset ½(ε(W₁) − ε(W₂)) that `vsMean` has even for S = ∅. */
  readonly vsBase: number
  /** Less (1 − α) ε(base) + α ε(base with S swapped), the chord of the segment: ≤ 0 for all α where ε is convex along it. */
  readonly vsSegmentEnds: number
}

export type Baseline = keyof BarrierValues

export interface BarrierPoint {
  readonly alpha: number
  /** By name of the measure. */
  readonly values: Readonly<Record<string, BarrierValues>>
}

/** Measures along one segment. */
export interface BarrierCurve {
  readonly base: Base
  /** Ascending in α. */
  readonly points: readonly BarrierPoint[]
}

/** A set of layers that moves together. */
export interface LayerSet {
  readonly name: string
  /** By name or position. */
  readonly layers: readonly (string | number)[]
}

export interface ScanEntry {
  readonly name: string
  /** Names of the layers in the set. */
  readonly layers: readonly string[]
  /** Averaged into model a, and into model b; a base that was not asked for is absent. */
  readonly a?: BarrierCurve
  readonly b?: BarrierCurve
}

export interface Scan {
  readonly endpoints: { readonly a: Measures; readonly b: Measures }
  readonly entries: readonly ScanEntry[]
}

export interface ScanOptions {
  /** Points of each segment, finite. Default [0.5]. The ends 0 and 1 are measured besides, as baselines. */
  readonly alphas?: readonly number[]
  /** Default both: barriers of single layers are not symmetric. */
  readonly bases?: readonly Base[]
}

/**
 * Measures, for every set S of layers, the models in which S alone is moved towards the other model, from both bases, in
 * one call of the evaluator.
 *
 * Adilova, Andriushchenko, Kamp, Fischer, Jaggi, "Layer-wise Linear Mode Connectivity", 2024 (arXiv 2307.06966),
 * definitions 1 and 2. The paper's baseline is `vsMean`, its α is ½.
 */
export function scan(
  evaluator: MixEvaluator,
  pair: ModelPair,
  sets: readonly LayerSet[],
  { alphas = [0.5], bases = ['a', 'b'] }: ScanOptions = {},
): Scan {
  if (alphas.length === 0) throw argumentError('scan', 'alphas: expected at least one, got none')
  const grid = [...new Set(alphas)].sort((x, y) => x - y)
  const mixes: Mix[] = [
    mixOf(pair, { base: 'a', alpha: 0 }), // model a
    mixOf(pair, { base: 'b', alpha: 0 }),
  ]
  const plans = sets.map(({ name, layers }) => {
    const indices = layerIndices(pair, layers)
    const curves = bases.map((base) => {
      const first = mixes.length
      for (const alpha of [...grid, 1]) mixes.push(mixOf(pair, { layers: indices, alpha, base }))
      return { base, first }
    })
    return { name, layers: indices.map((index) => pair.layers[index]!.name), curves }
  })
  const measured = evaluator.evaluate(pair, mixes)
  const [a, b] = measured as [Measures, Measures]
  const entries = plans.map(({ name, layers, curves }): ScanEntry => {
    const own = curves.map(({ base, first }): [Base, BarrierCurve] => {
      const swapped = measured[first + grid.length]!
      const points = grid.map((alpha, i) => ({
        alpha,
        values: barrierValues(measured[first + i]!, { a, b, base, swapped, alpha }),
      }))
      return [base, { base, points }]
    })
    return { name, layers, ...Object.fromEntries(own) }
  })
  return { endpoints: { a, b }, entries }
}

function barrierValues(
  measures: Measures,
  at: {
    readonly a: Measures
    readonly b: Measures
    readonly base: Base
    readonly swapped: Measures
    readonly alpha: number
  },
): Readonly<Record<string, BarrierValues>> {
  const { a, b, swapped, alpha } = at
  return Object.fromEntries(
    Object.entries(measures).map(([name, raw]) => {
      const base = at[at.base][name]!
      return [
        name,
        {
          raw,
          vsMean: raw - (a[name]! + b[name]!) / 2,
          vsBase: raw - base,
          vsSegmentEnds: raw - ((1 - alpha) * base + alpha * swapped[name]!),
        },
      ]
    }),
  )
}

export interface BarrierOptions extends ScanOptions {
  /** The set S. Default: all layers, where both bases see the same models. */
  readonly layers?: readonly (string | number)[]
}

export interface BarrierResult extends ScanEntry {
  readonly endpoints: Scan['endpoints']
}

/** The barrier between two models, or of one set of their layers. */
export function barrier(evaluator: MixEvaluator, pair: ModelPair, options: BarrierOptions = {}): BarrierResult {
  const { layers = pair.layers.map((_, index) => index), ...rest } = options
  const { endpoints, entries } = scan(evaluator, pair, [{ name: 'barrier', layers }], rest)
  return { ...entries[0]!, endpoints }
}

/** The largest value along a curve, with its α: the general definition of a barrier takes this supremum. */
export function worstPoint(
  curve: BarrierCurve,
  measure: string,
  baseline: Baseline = 'vsMean',
): { readonly alpha: number; readonly value: number } {
  return curve.points
    .map(({ alpha, values }) => ({ alpha, value: valuesOf(values, measure)[baseline] }))
    .reduce((worst, point) => (point.value > worst.value || Number.isNaN(point.value) ? point : worst))
}

/** One value of a curve. Throws for a measure or an α that was not measured. */
export function barrierAt(curve: BarrierCurve, measure: string, baseline: Baseline = 'vsMean', alpha = 0.5): number {
  const point = curve.points.find((candidate) => candidate.alpha === alpha)
  if (point === undefined)
    throw argumentError(
      'barrierAt',
      `alpha: expected one of ${curve.points.map((p) => p.alpha).join(', ')}, got ${alpha}`,
    )
  return valuesOf(point.values, measure)[baseline]
}

function valuesOf(values: BarrierPoint['values'], measure: string): BarrierValues {
  const found = values[measure]
  if (found !== undefined) return found
  throw argumentError('barrier', `measure: expected one of ${Object.keys(values).join(', ')}, got "${measure}"`)
}
