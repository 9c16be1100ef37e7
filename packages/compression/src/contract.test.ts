import { createNativeBackend } from '@lemanic/tensor-core'
import { checkReducer } from '@lemanic/tensor-core/testing'
import { describe, expect, test } from 'vitest'
import {
  aDsgd,
  bucketed,
  compressedReducer,
  countSketch,
  errorFeedback,
  fetchSgd,
  gaussianChannel,
  identity,
  laser,
  oneBitAdam,
  powerSgd,
  qsgd,
  randomK,
  scaledSign,
  sign,
  startAfter,
  topK,
  withoutErrorFeedback,
  type Compressor,
} from './index.js'
import { checkCompressor } from './testing/index.js'

const backend = createNativeBackend({ threads: 1 })

const compressors: readonly Compressor[] = [
  identity(),
  laser({ rank: 2 }),
  laser({ rank: 2, iterations: 3 }),
  laser({ rank: 1, warmStart: false }),
  laser({ rank: 2, powerPer: 'column', orthogonalization: 'gram-schmidt' }),
  laser({ rank: 2, form: 'two-sided' }),
  laser({ rank: 40, minimumRate: 0 }),
  powerSgd({ rank: 1 }),
  powerSgd({ rank: 1, iterations: 2, minimumRate: 1 }),
  powerSgd({ rank: 2, warmStart: false }),
  topK({ fraction: 0.1 }),
  randomK({ fraction: 0.2 }),
  randomK({ fraction: 0.2, rescale: true }),
  randomK({ fraction: 0.3, block: true, rescale: true }),
  countSketch({ fraction: 0.3 }),
  countSketch({ fraction: 0.9, rows: 4 }),
  fetchSgd({ fraction: 0.5, kept: 0.1 }),
  qsgd(),
  qsgd({ levels: 1, bucketSize: 16 }),
  sign(),
  sign({ momentum: 0.9 }),
  scaledSign(),
  aDsgd({ fraction: 0.5 }),
  oneBitAdam({ warmupSteps: 1 }).compressor,
  bucketed(topK({ fraction: 0.05 })),
  bucketed(laser({ rank: 2 }), { shape: 'square' }),
  startAfter(1, errorFeedback(powerSgd({ rank: 1 }))),
  errorFeedback(laser({ rank: 2 }), { target: 'aggregate', decay: 0.9 }),
]

describe.each(compressors.map((compressor) => [compressor.name, compressor] as const))('%s', (_, compressor) => {
  test('keeps the contract of compressors', () => checkCompressor(compressor, { backend }))

  const complete = compressor.properties.needsErrorFeedback
    ? [errorFeedback(compressor), withoutErrorFeedback(compressor)]
    : [compressor]
  test.each(complete.map((one) => [one.name, one] as const))('keeps the contract of reducers: %s', async (__, one) => {
    await checkReducer(compressedReducer({ compressor: one, measureError: true }), backend)
    await checkReducer(compressedReducer({ compressor: one }), backend, 1)
    if (one.properties.allReducible)
      await checkReducer(compressedReducer({ compressor: one, channel: gaussianChannel({ power: 10 }) }), backend)
  })
})

test('the contract finds what is declared and does not hold', async () => {
  const { properties, ...rest } = sign()
  const claims = (claim: object): Compressor => ({ ...rest, properties: { ...properties, ...claim } })
  await expect(checkCompressor(claims({ linear: true }), { backend })).rejects.toThrow(/declared linear/)
  await expect(checkCompressor(claims({ unbiased: true }), { backend })).rejects.toThrow(/declared unbiased/)
})
