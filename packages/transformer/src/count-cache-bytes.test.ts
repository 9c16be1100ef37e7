import { createCpuBackend, randomKey, setDefaultBackend } from '@lemanic/tensor-core'
import { beforeAll, expect, test } from 'vitest'
import { KeyValueCache } from './blocks/key-value-cache.js'
import type { DecoderOptions } from './config.js'
import { countCacheBytes } from './count-cache-bytes.js'
import { createDecoder } from './decoder.js'
import type { Routing } from './stacks/routing.js'
import { roughParams, someTokens, tinyOptions } from './testing/tiny-decoder.js'
import { traceExits } from './trace-exits.js'

beforeAll(() => void setDefaultBackend(createCpuBackend()))

function measured(options: DecoderOptions, batch: number, routing?: Routing): number {
  const model = createDecoder(options)
  using cache = new KeyValueCache()
  const context = { training: false, cache, ...(routing && { routing }) }
  model.apply(roughParams(model, randomKey(5)), { tokens: someTokens(batch, 9) }, context)
  return cache.bytes
}

const loop = { begin: 1, layers: 2, end: 1, repeats: 3 } as const
const stacks: [string, DecoderOptions['stack'], number?][] = [
  ['standard', { layers: 3 }],
  ['Block Universal', { kind: 'block-universal', ...loop }],
  ['CoTFormer', { kind: 'cotformer', ...loop }],
  ['CoTFormer with pauses', { kind: 'cotformer', ...loop }, 2],
  ['Mixture of Repeats at full capacity', { kind: 'cotformer', ...loop, halting: 'mixture-of-repeats' }],
  ['adaptive Block Universal', { kind: 'block-universal', ...loop, halting: 'mixture-of-repeats' }],
  ['PonderNet', { kind: 'cotformer', ...loop, halting: 'ponder-net' }],
]
test.each(stacks)('%s: the bytes of the cache are those that are counted', (_, stack, pauseTokens = 0) => {
  const options = { ...tinyOptions, keyValueHeads: 1, stack, pauseTokens }
  expect(measured(options, 2)).toBe(countCacheBytes(options, { tokens: 9, batch: 2 }))
})

test('a CoTFormer’s cache is Block Universal’s; a routed one holds what its tokens took', async () => {
  const cotformer = { ...tinyOptions, stack: { kind: 'cotformer', ...loop } } as const
  const universal = { ...tinyOptions, stack: { kind: 'block-universal', ...loop } } as const
  expect(countCacheBytes(cotformer, { tokens: 9 })).toBe(countCacheBytes(universal, { tokens: 9 }))
  const options = { ...tinyOptions, stack: { ...cotformer.stack, halting: 'mixture-of-repeats' } } as const
  const routing = { thresholds: [0.5, 0.5] }
  const model = createDecoder(options)
  const ids = someTokens(1, 9).dataSync()
  const { repeats } = await traceExits(model, roughParams(model, randomKey(5)), ids, { routing })
  const capacities = [2, 3].map((depth) => repeats.filter((taken) => taken >= depth).length / 9)
  expect(capacities[0]).toBeGreaterThan(0)
  expect(capacities[0]).toBeLessThan(1)
  expect(measured(options, 1, routing)).toBe(countCacheBytes(options, { tokens: 9, capacities }))
})
