import {
  mapParams,
  randomKey,
  randomNormal,
  scope,
  stackParams,
  type Backend,
  type Params,
  type Stacked,
} from '@lemanic/tensor-core'

const shapes: Readonly<Record<string, readonly number[]>> = {
  'first.weight': [12, 10],
  'second.weight': [12, 10],
  'filter.weight': [3, 3, 2, 8],
  bias: [7],
  temperature: [],
}

/** Two matrices of one shape, a convolution filter, a vector and a scalar; standard normal. */
export function sampleParams(seed: number, backend: Backend): Params {
  const key = randomKey(seed)
  return scope(() =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, randomNormal(key.foldIn(name), shape, { backend })]),
    ),
  )
}

/** Gradients of some workers in the shapes of `sampleParams`. */
export function sampleGradients(seed: number, workers: number, backend: Backend): Stacked {
  return scope(() => {
    const parts = Array.from({ length: workers }, (_, k) => sampleParams(1000 * seed + k + 1, backend))
    return mapParams(stackParams(parts), (value) => value)
  })
}
