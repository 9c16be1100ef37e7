import type { Params } from '@lemanic/tensor-core'
import type { ModelPair } from './model-pair.js'

export interface LayerDistance {
  readonly name: string
  /** ‖W₁ − W₂‖ over the layer's parameters. */
  readonly distance: number
  /** cos(W₁, W₂); NaN where one of them is 0. */
  readonly cosine: number
}

/**
 * Euclidean distance and cosine of two models in every layer, in double precision. With the initial parameters as one of
 * the two it says how far training went.
 */
export function layerDistances(pair: ModelPair): LayerDistance[] {
  return pair.layers.map(({ name, keys }) => {
    const sums = productSums(pair, keys)
    return { name, distance: Math.sqrt(sums.difference), cosine: sums.ab / Math.sqrt(sums.aa * sums.bb) }
  })
}

/** The same over all parameters. */
export function modelDistance(pair: ModelPair): { readonly distance: number; readonly cosine: number } {
  const sums = productSums(pair, Object.keys(pair.a))
  return { distance: Math.sqrt(sums.difference), cosine: sums.ab / Math.sqrt(sums.aa * sums.bb) }
}

function productSums({ a, b }: ModelPair, keys: readonly string[]) {
  const sums = { aa: 0, bb: 0, ab: 0, difference: 0 }
  for (const key of keys) {
    const [x, y] = [a[key]!.dataSync(), b[key]!.dataSync()]
    for (let i = 0; i < x.length; i++) {
      const [p, q] = [Number(x[i]), Number(y[i])]
      sums.aa += p * p
      sums.bb += q * q
      sums.ab += p * q
      sums.difference += (p - q) ** 2
    }
  }
  return sums
}

/** ‖params‖ over some names, in double precision. */
export function normOf(params: Params, keys: readonly string[] = Object.keys(params)): number {
  let sum = 0
  for (const key of keys) {
    const values = params[key]?.dataSync() ?? []
    for (let i = 0; i < values.length; i++) sum += Number(values[i]) ** 2
  }
  return Math.sqrt(sum)
}
