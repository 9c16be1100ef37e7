import type { ModalityData } from '../data/multimodal-data.js'
import { checkKnown, invalid } from '../names.js'
import { numberAt, type Table, textAt } from './table.js'

/** Means and deviations of a series' features, from training samples; plain JSON. */
export interface SeriesScale {
  readonly features: readonly string[]
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
}

export interface SeriesOptions {
  /** One measurement a row: whose, when, of what, how much. */
  readonly records: Table
  readonly columns: { readonly id: string; readonly time: string; readonly feature: string; readonly value: string }
  /** Whose series are wanted, in the order of the samples. */
  readonly ids: readonly (string | number)[]
  /** Which features, in order. */
  readonly features: readonly string[]
  /** First moment that counts, and the end, which does not: what happens at `end` or later never enters. */
  readonly start: number
  readonly end: number
  /** Moments of a series: intervals of (end − start) / bins. */
  readonly bins: number
  /** Samples to fit means and deviations on; or those of an earlier call. Default all samples. */
  readonly scale?: ArrayLike<number> | SeriesScale
}

/**
 * Irregular measurements as series of equal moments: for each moment and feature the mean of the measurements in it,
 * standardised, the last one carried forward where there is none (0, the mean, before the first), and whether there was
 * one. A sample without any measurement lacks the modality. Shape [bins, 2 · features].
 *
 * Throws `unknown-column`, `non-finite-input` (row and column of `records`).
 */
export function seriesModality(options: SeriesOptions): {
  readonly modality: ModalityData
  readonly scale: SeriesScale
} {
  const { records, columns, ids, features, start, end, bins } = options
  if (!(end > start) || !Number.isInteger(bins) || bins < 1)
    throw invalid(
      'seriesModality',
      `expected start < end and a whole number of bins ≥ 1, got ${start}, ${end}, ${bins}`,
    )
  for (const name of Object.values(columns)) checkKnown('seriesModality', 'column', name, Object.keys(records.columns))
  const rowOf = new Map(ids.map((id, row) => [String(id), row]))
  const [rows, width] = [ids.length, features.length]
  const sums = new Float64Array(rows * bins * width)
  const counts = new Int32Array(rows * bins * width)
  for (let record = 0; record < records.rowCount; record++) {
    const sample = rowOf.get(textAt(records.columns[columns.id], record) ?? '')
    if (sample === undefined) continue
    const feature = features.indexOf(textAt(records.columns[columns.feature], record) ?? '')
    const time = numberAt(records.columns[columns.time], columns.time, record)
    const value = numberAt(records.columns[columns.value], columns.value, record)
    if (feature < 0 || Number.isNaN(value) || !(time >= start && time < end)) continue
    const bin = Math.min(bins - 1, Math.floor(((time - start) / (end - start)) * bins))
    const at = (sample * bins + bin) * width + feature
    sums[at] += value
    counts[at] += 1
  }
  const scale =
    options.scale !== undefined && 'mean' in options.scale
      ? options.scale
      : fitScale(sums, counts, features, bins, options.scale ?? Int32Array.from({ length: rows }, (_, row) => row))
  const values = new Float32Array(rows * bins * 2 * width)
  const present = new Uint8Array(rows)
  for (let sample = 0; sample < rows; sample++) {
    for (let feature = 0; feature < width; feature++) {
      let last = 0
      for (let bin = 0; bin < bins; bin++) {
        const at = (sample * bins + bin) * width + feature
        const out = (sample * bins + bin) * 2 * width + 2 * feature
        if (counts[at] > 0) {
          last = (sums[at] / counts[at] - scale.mean[feature]) / scale.deviation[feature]
          values[out + 1] = 1
          present[sample] = 1
        }
        values[out] = last
      }
    }
  }
  const named = features.flatMap((name) => [name, `${name} was measured`])
  return { modality: { shape: [bins, 2 * width], values, present, features: named }, scale }
}

function fitScale(
  sums: Float64Array,
  counts: Int32Array,
  features: readonly string[],
  bins: number,
  samples: ArrayLike<number>,
): SeriesScale {
  const width = features.length
  const moments = features.map((_, feature) => {
    let [count, sum, squares] = [0, 0, 0]
    for (let at = 0; at < samples.length; at++) {
      for (let bin = 0; bin < bins; bin++) {
        const place = (samples[at] * bins + bin) * width + feature
        if (counts[place] === 0) continue
        const value = sums[place] / counts[place]
        count += 1
        sum += value
        squares += value * value
      }
    }
    const mean = count === 0 ? 0 : sum / count
    return { mean, deviation: (count === 0 ? 0 : Math.sqrt(Math.max(0, squares / count - mean * mean))) || 1 }
  })
  return { features, mean: moments.map(({ mean }) => mean), deviation: moments.map(({ deviation }) => deviation) }
}
