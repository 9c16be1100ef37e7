/** Recorded steps against passes over the whole text, on every engine. */
import { cast, mapParams, randomKey, scope, setDefaultBackend, tensor } from '@lemanic/tensor-core'
import type { DType, Params, Tensor } from '@lemanic/tensor-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KeyValueCache } from '../blocks/key-value-cache.js'
import type { DecoderOptions, EncoderDecoderOptions } from '../config.js'
import { createDecoder } from '../decoder.js'
import { createEncoderDecoder } from '../encoder-decoder.js'
import type { Decoder, EncoderDecoder } from '../model.js'
import { availableBackends, relativeError, roughParams, values } from '../testing/tiny-decoder.js'
import { RecordedDecoding } from './recorded-decoding.js'

const size = { vocabularySize: 23, width: 16, heads: 2, contextLength: 64 }
const relative = { positions: 'relative', relative: { buckets: 8, maximumDistance: 20 } } as const
const decoders: Record<string, DecoderOptions> = {
  standard: { ...size, stack: { layers: 2 } },
  'grouped queries, scaled half rotation, gated': {
    ...size,
    keyValueHeads: 1,
    norm: 'rms',
    activation: 'swiglu',
    rotary: { interleaved: false, fraction: 0.5, scaling: { type: 'linear', factor: 2 } },
    stack: { layers: 2 },
  },
  'learned positions with an offset, biases, post-norm': {
    ...size,
    positions: 'learned',
    positionOffset: 2,
    bias: true,
    normBias: true,
    normPlacement: 'post',
    stack: { layers: 2 },
  },
  'sinusoidal positions, parallel': { ...size, positions: 'sinusoidal', residual: 'parallel', stack: { layers: 2 } },
  'relative positions': { ...size, ...relative, stack: { layers: 2 } },
  'Block Universal': { ...size, stack: { kind: 'block-universal', layers: 2, repeats: 2 } },
  CoTFormer: {
    ...size,
    stack: { kind: 'cotformer', begin: 1, layers: 1, end: 1, repeats: 3, repeatNorm: true, depthEmbedding: 'linear' },
  },
  'CoTFormer with relative positions': { ...size, ...relative, stack: { kind: 'cotformer', layers: 2, repeats: 2 } },
}
const pairs: Record<string, EncoderDecoderOptions> = {
  'encoder–decoder, relative': { ...size, ...relative, encoderLayers: 1, decoderLayers: 2, startToken: 0 },
  'encoder–decoder, learned': { ...size, positions: 'learned', bias: true, encoderLayers: 1, startToken: 0 },
}

/** Texts of several lengths as one batch, padded on the left. */
function batchOf(rows: readonly (readonly number[])[]): { tokens: Tensor; mask: Tensor } {
  const time = Math.max(...rows.map(({ length }) => length))
  const padded = rows.flatMap((row) => [...new Array<number>(time - row.length).fill(0), ...row])
  const mask = rows.flatMap((row) => Array.from({ length: time }, (_, i) => (i < time - row.length ? 0 : 1)))
  const shape = [rows.length, time]
  return { tokens: tensor(Int32Array.from(padded), shape), mask: tensor(Int32Array.from(mask), shape) }
}

const text = (length: number, offset: number): number[] =>
  Array.from({ length }, (_, i) => (i * i * 7 + i * 3 + offset) % 23)

/** Logits after each text, from passes over each of them alone. */
function recomputed(model: Decoder, params: Params, rows: readonly (readonly number[])[]): number[] {
  return rows.flatMap((row) =>
    scope(() => [...values(model.apply(params, { tokens: tensor(Int32Array.from(row), [1, row.length]) })).slice(-23)]),
  )
}

/** The state after the rows were read. */
function start(
  model: Decoder,
  params: Params,
  rows: readonly (readonly number[])[],
  expected: number,
): RecordedDecoding {
  using cache = new KeyValueCache()
  scope(() => void model.hiddenStates(params, batchOf(rows), { cache }))
  return new RecordedDecoding(model, params, cache, undefined, expected)
}

function choose(steps: RecordedDecoding, rows: readonly number[][], from: readonly number[]): number[][] {
  steps.choose(from)
  return from.map((row) => [...rows[row]!])
}

describe.each(await availableBackends())('on $name', ({ backend }) => {
  beforeAll(() => void setDefaultBackend(backend))
  afterAll(() => void setDefaultBackend(undefined))

  test.each(Object.entries(decoders))('%s: rows of several lengths, chosen anew, growing', async (_, options) => {
    const model = createDecoder(options)
    const params = roughParams(model, randomKey(3), 0.1)
    const before = backend.memory().buffers
    let rows = [text(5, 1), text(2, 4), text(4, 9)]
    using steps = start(model, params, rows, 0) // room for 16, then for more
    for (let i = 0; i < 24; i++) {
      if (i === 3) rows = choose(steps, rows, [2, 0, 2, 1])
      if (i === 7) rows = choose(steps, rows, [3, 0])
      const next = Int32Array.from(rows, (row, r) => (row.length * 5 + r + i) % 23)
      rows.forEach((row, r) => row.push(next[r]!))
      const expected = recomputed(model, params, rows)
      const isGreedy = i % 5 === 4
      const got = await steps.next(next, isGreedy)
      if (!isGreedy) expect(relativeError(got, expected), `step ${i}`).toBeLessThan(1e-5)
      else {
        const best = rows.map((__, r) => {
          const own = expected.slice(r * 23, (r + 1) * 23)
          return own.indexOf(Math.max(...own))
        })
        expect([...got]).toEqual(best)
      }
    }
    expect(steps.length).toBe(29)
    const { replays, eager, reason } = steps.report
    if (backend.recorder === undefined) expect(reason).toContain('cannot record')
    else {
      expect(eager).toBe(0)
      expect(replays).toBeGreaterThanOrEqual(14)
    }
    steps[Symbol.dispose]()
    expect(backend.memory().buffers).toBe(before)
  })

  test.each(Object.entries(pairs))('%s: sources of several lengths', async (_, options) => {
    const model = createEncoderDecoder(options)
    const params = roughParams(model as unknown as Decoder, randomKey(3), 0.1)
    const sources = [text(7, 2), text(3, 5)]
    const longest = 7
    const sourceIds = sources.flatMap((row) => [...row, ...new Array<number>(longest - row.length).fill(0)])
    const sourceFlags = sources.flatMap((row) => Array.from({ length: longest }, (__, i) => (i < row.length ? 1 : 0)))
    const before = backend.memory().buffers
    const read = (): { encoded: Tensor; sourceMask: Tensor } => {
      const sourceMask = tensor(Int32Array.from(sourceFlags), [2, longest])
      using ids = tensor(Int32Array.from(sourceIds), [2, longest])
      return { encoded: model.encode(params, { sources: ids, sourceMask }, { training: false }), sourceMask }
    }
    const rows = [[0], [0]]
    const cache = new KeyValueCache()
    const encoded = read()
    scope(() => void model.hiddenStates(params, { ...batchOf(rows), ...encoded }, { cache }))
    using steps = new RecordedDecoding(model, params, cache, encoded, 20)
    cache.dispose()
    let order = [0, 1]
    for (let i = 0; i < 12; i++) {
      if (i === 5) {
        steps.choose([1, 0])
        rows.reverse()
        order = [1, 0]
      }
      const next = Int32Array.from(rows, (row, r) => (row.length * 5 + r) % 23)
      rows.forEach((row, r) => row.push(next[r]!))
      const expected = order.flatMap((which, r) => recomputedPair(model, params, sources[which]!, rows[r]!))
      expect(relativeError(await steps.next(next, false), expected), `step ${i}`).toBeLessThan(1e-5)
    }
    steps[Symbol.dispose]()
    expect(backend.memory().buffers).toBe(before)
  })

  test.each(['bfloat16', 'float16'] as const)('%s weights', async (dtype: DType) => {
    const model = createDecoder({ ...size, width: 48, stack: { kind: 'cotformer', layers: 1, repeats: 2 } })
    const params = mapParams(roughParams(model, randomKey(3), 0.1), (x) => (x.rank === 2 ? cast(x, dtype) : x))
    const rows = [text(5, 1)]
    using steps = start(model, params, rows, 30)
    for (let i = 0; i < 6; i++) {
      rows[0]!.push(i + 3)
      const got = await steps.next(Int32Array.of(i + 3), false)
      expect(relativeError(got, recomputed(model, params, rows)), `step ${i}`).toBeLessThan(1e-5)
    }
  })
})

function recomputedPair(
  model: EncoderDecoder,
  params: Params,
  source: readonly number[],
  row: readonly number[],
): number[] {
  return scope(() => {
    const sources = tensor(Int32Array.from(source), [1, source.length])
    const tokens = tensor(Int32Array.from(row), [1, row.length])
    return [...values(model.apply(params, { sources, tokens })).slice(-23)]
  })
}
