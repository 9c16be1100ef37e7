import { randomKey, setDefaultBackend, slice, tensor, type Tensor } from '@lemanic/tensor-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DecoderOptions } from '../config.js'
import { createDecoder } from '../decoder.js'
import { createEncoderDecoder } from '../encoder-decoder.js'
import { availableBackends, relativeError, roughParams, someTokens, values } from '../testing/tiny-decoder.js'
import { KeyValueCache } from './key-value-cache.js'

const size = { vocabularySize: 23, width: 16, heads: 2, contextLength: 200 }
const models: Record<string, DecoderOptions> = {
  standard: { ...size, stack: { layers: 2 } },
  'grouped queries, scaled half rotation': {
    ...size,
    keyValueHeads: 1,
    rotary: { interleaved: false, fraction: 0.5, scaling: { type: 'linear', factor: 2 } },
    stack: { layers: 2 },
  },
  'learned positions, post-norm': { ...size, positions: 'learned', normPlacement: 'post', stack: { layers: 2 } },
  'sinusoidal positions, parallel': { ...size, positions: 'sinusoidal', residual: 'parallel', stack: { layers: 2 } },
  'relative positions': {
    ...size,
    positions: 'relative',
    relative: { buckets: 8, maximumDistance: 20 },
    stack: { layers: 2 },
  },
  'Block Universal': { ...size, stack: { kind: 'block-universal', layers: 2, repeats: 2 } },
  CoTFormer: {
    ...size,
    stack: { kind: 'cotformer', begin: 1, layers: 1, end: 1, repeats: 3, repeatNorm: true, depthEmbedding: 'linear' },
  },
  'Mixture of Repeats': {
    ...size,
    keyValueHeads: 1,
    stack: { kind: 'cotformer', begin: 1, layers: 2, end: 1, repeats: 3, halting: 'mixture-of-repeats' },
  },
  'adaptive Block Universal': {
    ...size,
    stack: { kind: 'block-universal', layers: 2, repeats: 2, repeatNorm: true, halting: 'mixture-of-repeats' },
  },
  'stick-breaking': { ...size, stack: { kind: 'block-universal', layers: 2, repeats: 2, halting: 'stick-breaking' } },
  PonderNet: { ...size, stack: { kind: 'cotformer', layers: 1, end: 1, repeats: 3, halting: 'ponder-net' } },
  'pause tokens': { ...size, contextLength: 200, pauseTokens: 1, stack: { layers: 2 } },
  'CoTFormer with relative positions': {
    ...size,
    positions: 'relative',
    relative: { buckets: 8, maximumDistance: 20 },
    stack: { kind: 'cotformer', layers: 2, repeats: 2 },
  },
}

const part = (tokens: Tensor, from: number, to: number): Tensor => slice(tokens, [undefined, [from, to]])

describe.each(await availableBackends())('on $name', ({ name, backend }) => {
  beforeAll(() => void setDefaultBackend(backend))
  afterAll(() => void setDefaultBackend(undefined))

  test.each(Object.entries(models))('%s: passes over the parts give what one pass gives', (_, options) => {
    const model = createDecoder(options)
    const params = roughParams(model, randomKey(3), 0.1)
    const time = name === 'native' ? 150 : 24 // beyond two segments
    const tokens = someTokens(2, time)
    const whole = values(model.apply(params, { tokens }))
    using cache = new KeyValueCache()
    const cuts = [0, 5, 9, ...Array.from({ length: time - 9 }, (_, i) => i + 10)]
    for (let i = 1; i < cuts.length; i++) {
      const [from, to] = [cuts[i - 1]!, cuts[i]!]
      const logits = values(model.apply(params, { tokens: part(tokens, from, to) }, { cache }))
      for (const row of [0, 1]) {
        const expected = whole.subarray((row * time + from) * 23, (row * time + to) * 23)
        const got = logits.subarray(row * (to - from) * 23, (row + 1) * (to - from) * 23)
        expect(relativeError(got, expected), `tokens ${from} to ${to}`).toBeLessThan(1e-5)
      }
    }
    expect(cache).toMatchObject({ length: time * (model.config.pauseTokens + 1), rows: 2 })
  })

  test('rows with padding, reordered: each goes on as it would alone; nothing is left', () => {
    const model = createDecoder(models.CoTFormer!)
    const params = roughParams(model, randomKey(3), 0.1)
    const { buffers } = backend.memory()
    const cache = new KeyValueCache()
    const ids = [
      [0, 0, 3, 4, 5],
      [6, 7, 8, 9, 10],
    ]
    const tokens = tensor(Int32Array.from(ids.flat()), [2, 5])
    const mask = tensor(Int32Array.of(0, 0, 1, 1, 1, 1, 1, 1, 1, 1), [2, 5])
    model.apply(params, { tokens, mask }, { cache }).dispose()
    cache.reorder([1, 0, 0])
    const next = tensor(Int32Array.of(11, 12, 13), [3, 1])
    const logits = model.apply(params, { tokens: next }, { cache })
    const alone = [
      [6, 7, 8, 9, 10, 11],
      [3, 4, 5, 12],
      [3, 4, 5, 13],
    ]
    alone.forEach((row, i) => {
      const all = tensor(Int32Array.from(row), [1, row.length])
      const expected = model.apply(params, { tokens: all })
      expect(relativeError(values(logits).subarray(i * 23, (i + 1) * 23), values(expected).subarray(-23))).toBeLessThan(
        1e-5,
      )
      all.dispose()
      expected.dispose()
    })
    expect(cache.bytes).toBe(5 * 3 * 6 * 16 * 2 * 4) // visits, rows, tokens, width, keys and values, bytes
    cache.dispose()
    for (const x of [tokens, mask, next, logits]) x.dispose()
    expect(backend.memory().buffers).toBe(buffers)
  })

  test('a pass that fails leaves the cache as it was; other rows or parameters are refused', () => {
    const model = createDecoder({ ...size, contextLength: 6, stack: { layers: 1 } })
    const params = roughParams(model, randomKey(3))
    using cache = new KeyValueCache()
    model.apply(params, { tokens: someTokens(1, 4) }, { cache })
    const { bytes } = cache
    expect(() => model.apply(params, { tokens: someTokens(1, 3) }, { cache })).toThrow(
      'tokens: expected at most contextLength = 6 tokens a sequence, got 7 with the 4 of the cache',
    )
    expect(() => model.apply(params, { tokens: someTokens(2, 1) }, { cache })).toThrow(
      'tokens: expected the 1 sequences of the cache, got 2',
    )
    expect(() => model.apply({ ...params }, { tokens: someTokens(1, 1) }, { cache })).toThrow('other parameters')
    expect(() => cache.reorder([1])).toThrow('rows: expected rows from 0 to 0, got [1]')
    expect(cache).toMatchObject({ length: 4, bytes })
  })

  test('encoder–decoder: source keys are made once, and the parts give what one pass gives', () => {
    const model = createEncoderDecoder({
      ...size,
      positions: 'relative',
      encoderLayers: 2,
      decoderLayers: 2,
      startToken: 1,
    })
    const params = model.init(randomKey(2))
    const [sources, tokens] = [someTokens(2, 7), someTokens(2, 9, { offset: 4 })]
    const sourceMask = tensor(Int32Array.of(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0), [2, 7])
    const whole = values(model.apply(params, { sources, sourceMask, tokens }))
    const encoded = model.encode(params, { sources, sourceMask })
    using cache = new KeyValueCache()
    for (let t = 0; t < 9; t++) {
      const hidden = model.hiddenStates(params, { encoded, sourceMask, tokens: part(tokens, t, t + 1) }, { cache })
      const logits = values(model.head(params, hidden))
      for (const row of [0, 1]) {
        const expected = whole.subarray((row * 9 + t) * 23, (row * 9 + t + 1) * 23)
        expect(relativeError(logits.subarray(row * 23, (row + 1) * 23), expected)).toBeLessThan(1e-4)
      }
    }
    expect(cache.bytes).toBe(2 * 2 * (9 + 7) * 16 * 2 * 4) // layers, rows, tokens and source tokens, width, keys and values
  })
})
