import { knnPersonalization, paramsAt, type Rows } from '@lemanic/fed-opt'
import { scope, softmax, tensor } from '@lemanic/tensor-core'
import type { ClientDigits } from './client-digits.js'
import { featuresOf, logitsOf } from './network.js'

/** What the clients' models are worth, each on the test of its own cluster. */
export interface Worth {
  /** Share of right answers of each client, 0 … 1. */
  readonly accuracy: Float64Array
  /** Mean negative log-likelihood of each client, nats. */
  readonly loss: Float64Array
}

/** λ of kNN, from the paper's grid search: its two best values. */
export const neighbourShares = { rotation: 0.5, private: 0.9 } as const

/**
 * Tests every client's model; with `neighbours` a client's answer is mixed from its model and its own examples (kNN).
 * `count` clients are tested, from the first.
 */
export function worthOf(
  models: Rows,
  { clusters, tests, data }: ClientDigits,
  options: { readonly count: number; readonly neighbours?: number },
): Worth {
  const { count, neighbours } = options
  const accuracy = new Float64Array(count)
  const loss = new Float64Array(count)
  for (let client = 0; client < count; client++) {
    const { values, labels } = tests[clusters[client]!]!
    const examples = labels.length
    const answers = scope(() => {
      const params = paramsAt(models, client)
      const x = tensor(values, [examples, values.length / examples])
      const p = rowsOf(softmax(logitsOf(params, x), -1).dataSync() as Float32Array, examples)
      if (neighbours === undefined) return p
      const own = data[client]!
      const held = own.batch(Int32Array.from({ length: own.examples }, (_, i) => i))
      return knnPersonalization({
        features: rowsOf(featuresOf(params, held.x!).dataSync() as Float32Array, own.examples),
        labels: held.y!.dataSync() as Int32Array,
        queries: rowsOf(featuresOf(params, x).dataSync() as Float32Array, examples),
        probabilities: p,
        share: neighbours,
      })
    })
    answers.forEach((row, i) => {
      const label = labels[i]!
      // a diverged model gives NaN: it counts as certain of the wrong class
      loss[client]! -= Math.log(row[label]! > 1e-12 ? row[label]! : 1e-12) / examples
      let best = 0
      for (let c = 1; c < row.length; c++) if (row[c]! > row[best]!) best = c
      if (best === label) accuracy[client]! += 1 / examples
    })
  }
  return { accuracy, loss }
}

function rowsOf(data: Float32Array, count: number): Float32Array[] {
  const width = data.length / count
  return Array.from({ length: count }, (_, i) => data.subarray(i * width, (i + 1) * width))
}
