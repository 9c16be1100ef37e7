import { dispose, randomKey, setDefaultBackend, tensor, valueAndGrad } from '@lemanic/tensor-core'
import { expect, test } from 'vitest'
import { createDecoder } from './decoder.js'
import { createShapeBackend } from './testing/shape-backend.js'

/** The most memory that a training step of a CoTFormer takes beyond its parameters. */
function peakOfStep(repeats: number): number {
  const backend = createShapeBackend()
  const former = setDefaultBackend(backend)
  try {
    const stack = { kind: 'cotformer', layers: 2, repeats, repeatNorm: true } as const
    const model = createDecoder({ vocabularySize: 32, width: 32, heads: 4, contextLength: 32, stack })
    const params = model.init(randomKey(0))
    const tokens = tensor(new Int32Array(4 * 32), [4, 32])
    const before = backend.memory().bytes
    backend.resetPeak()
    dispose(valueAndGrad(model.loss)(params, { tokens, targets: tokens }))
    return backend.memory().peakBytes - before
  } finally {
    setDefaultBackend(former)
  }
}

test('live memory of a training step grows linearly in the repeats: attention over r repeats keeps no r² of anything', () => {
  const peaks = [2, 3, 4, 5, 6, 7, 8].map(peakOfStep)
  const growth = peaks.slice(1).map((peak, i) => peak - peaks[i]!)
  for (const step of growth) expect(step / growth[0]!).toBeCloseTo(1, 1)
  expect(growth.at(-1)! / growth[1]!).toBeCloseTo(1, 2)
})
