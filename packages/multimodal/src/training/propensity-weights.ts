import type { MultimodalData } from '../data/multimodal-data.js'
import { patternOf } from '../data/multimodal-data.js'
import type { SampleWeights } from '../data/batch.js'
import { invalid } from '../names.js'
import type { Task } from '../tasks/task.js'

/**
 * Inverse-propensity weights against missingness that tells the label: within each pattern of missing modalities every
 * class gets the share that it has among all rows, so that the pattern itself says nothing.
 *
 *     u = P(y) / P(y | pattern) = P(pattern) / P(pattern | y)
 *
 * A pattern in which a class never occurs cannot be balanced (there is no propensity to invert: positivity fails); all it
 * could teach is the link, and its rows get weight 0. Weights of the other rows are scaled to a mean of 1. Rows without
 * the label, and tasks without classes, get 1.
 *
 * Source: Rosenbaum & Rubin 1983; Seaman & White, "Review of inverse probability weighting for dealing with missing
 * data", 2013.
 *
 * @param options.limit No weight is larger. Default 20.
 */
export function propensityWeights(
  data: MultimodalData,
  tasks: Readonly<Record<string, Task>>,
  options: { readonly limit?: number } = {},
): SampleWeights {
  const { limit = 20 } = options
  if (!(limit >= 1)) throw invalid('propensityWeights', `limit: expected a number ≥ 1, got ${limit}`)
  const names = Object.keys(data.modalities)
  const { present } = patternOf(data, names)
  const patterns = Array.from({ length: data.rows }, (_, row) =>
    present.subarray(row * names.length, (row + 1) * names.length).join(''),
  )
  const weights: Record<string, Float32Array> = {}
  for (const [name, { kind }] of Object.entries(tasks)) {
    const own = new Float32Array(data.rows).fill(1)
    weights[name] = own
    if (kind !== 'binary' && kind !== 'multi-class') continue
    const { values, known } = data.targets[name]
    const classes = new Map<number, number>()
    const cells = new Map<string, Map<number, number>>()
    const sizes = new Map<string, number>()
    let rows = 0
    for (let row = 0; row < data.rows; row++) {
      if (known[row] === 0) continue
      rows += 1
      classes.set(values[row], (classes.get(values[row]) ?? 0) + 1)
      sizes.set(patterns[row], (sizes.get(patterns[row]) ?? 0) + 1)
      const cell = cells.get(patterns[row]) ?? new Map<number, number>()
      cell.set(values[row], (cell.get(values[row]) ?? 0) + 1)
      cells.set(patterns[row], cell)
    }
    let total = 0
    for (let row = 0; row < data.rows; row++) {
      if (known[row] === 0) continue
      const cell = cells.get(patterns[row])!
      const prior = classes.get(values[row])! / rows
      const here = cell.get(values[row])! / sizes.get(patterns[row])!
      own[row] = cell.size < classes.size ? 0 : Math.min(limit, prior / here)
      total += own[row]
    }
    for (let row = 0; row < data.rows; row++) if (known[row] === 1 && total > 0) own[row] *= rows / total
  }
  return weights
}
