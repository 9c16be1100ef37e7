import { dispose, randomKey, setDefaultBackend, tensor, valueAndGrad, type Tensor } from '@lemanic/tensor-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { blockVisits } from './block-visits.js'
import { countActivationBytes } from './count-activation-bytes.js'
import { countMultiplyAccumulates } from './count-multiply-accumulates.js'
import type { DecoderOptions, StackConfig } from './config.js'
import { createDecoder } from './decoder.js'
import { createShapeBackend } from './testing/shape-backend.js'
import { tinyOptions } from './testing/tiny-decoder.js'

const paper = { vocabularySize: 50304, width: 768, heads: 12, contextLength: 12288 }
const stackOf = (kind: StackConfig['kind'], repeats: number): DecoderOptions => ({
  ...paper,
  stack: { kind, layers: 12, repeats },
})

/** The closed form of the paper's figure 2, written apart from the counter: R·L·12d²T + attention + dV. */
function closedForm(kind: StackConfig['kind'], repeats: number, tokens: number): number {
  const [layers, d, vocabulary] = [12, 768, 50304]
  const segments = kind === 'cotformer' ? (repeats * (repeats + 1)) / 2 : repeats
  return repeats * layers * 12 * d * d * tokens + 2 * tokens * tokens * d * layers * segments + d * vocabulary
}

describe('multiply–accumulates', () => {
  const published: [StackConfig['kind'], number, number][] = [
    ['block-universal', 2, 45.941],
    ['block-universal', 3, 68.892],
    ['block-universal', 5, 114.795],
    ['block-universal', 15, 344.307],
    ['cotformer', 2, 47.149],
    ['cotformer', 3, 72.516],
    ['cotformer', 5, 126.874],
    ['cotformer', 15, 471.143],
  ]
  test.each(published)('%s 12 × %i is the published %f · 10⁹', (kind, repeats, expected) => {
    const { total } = countMultiplyAccumulates(stackOf(kind, repeats), { tokens: 256 })
    expect(Math.round(total / 1e6)).toBe(Math.round(expected * 1e3))
    expect(total).toBe(closedForm(kind, repeats, 256))
  })

  test('CoTFormer 12 × 3 costs less than Block Universal 12 × 5 up to 12·d tokens, and more after', () => {
    const cost = (kind: StackConfig['kind'], repeats: number, tokens: number): number =>
      countMultiplyAccumulates(stackOf(kind, repeats), { tokens }).total
    expect(Math.round(cost('cotformer', 3, 8192) / 1e9)).toBe(9509)
    expect(cost('cotformer', 3, 8192)).toBeLessThan(cost('block-universal', 5, 8192))
    expect(cost('cotformer', 3, 12 * 768)).toBe(cost('block-universal', 5, 12 * 768))
    expect(cost('cotformer', 3, 12288)).toBeGreaterThan(cost('block-universal', 5, 12288))
  })

  test('causal counting takes the scores that are seen, all logits take every token', () => {
    const options = { ...tinyOptions, stack: { kind: 'cotformer', layers: 1, repeats: 2 } } as const
    const full = countMultiplyAccumulates(options, { tokens: 8 })
    const causal = countMultiplyAccumulates(options, { tokens: 8, attention: 'causal', logits: 'all' })
    expect(full).toMatchObject({ attention: 2 * 16 * 64 * 3, head: 23 * 16 })
    expect(causal).toMatchObject({
      attention: 2 * 16 * 36 * 3,
      head: 23 * 16 * 8,
      projections: full.projections,
      feedForward: full.feedForward,
    })
  })

  test('says what is wrong with its options', () => {
    expect(() => countMultiplyAccumulates(stackOf('cotformer', 2), { tokens: 0 })).toThrow(
      'tokens: expected a whole number of at least 1, got 0',
    )
  })
})

const varied: [string, DecoderOptions][] = [
  ['standard', { ...tinyOptions, stack: { layers: 3 } }],
  ['Block Universal', { ...tinyOptions, stack: { kind: 'block-universal', layers: 2, repeats: 3 } }],
  ['CoTFormer', { ...tinyOptions, stack: { kind: 'cotformer', begin: 1, layers: 2, end: 1, repeats: 3 } }],
  [
    'LN-CoTFormer',
    {
      ...tinyOptions,
      stack: { kind: 'cotformer', layers: 1, repeats: 4, repeatNorm: true, depthEmbedding: 'learned' },
      dropout: 0.1,
    },
  ],
  [
    'grouped queries, RMS norm and a gate',
    { ...tinyOptions, keyValueHeads: 1, norm: 'rms', activation: 'swiglu', stack: { layers: 2 } },
  ],
  ['pause tokens', { ...tinyOptions, pauseTokens: 2, stack: { kind: 'cotformer', layers: 1, repeats: 2 } }],
  [
    'learned positions and biases',
    { ...tinyOptions, positions: 'learned', bias: true, normBias: true, tiedHead: false, stack: { layers: 2 } },
  ],
]

/** One training step on an engine that only keeps count. */
function measure(
  options: DecoderOptions,
  batch: number,
  time: number,
  isTraining = false,
): { multiplyAccumulates: number; bytes: number } {
  const backend = createShapeBackend()
  const former = setDefaultBackend(backend)
  try {
    const model = createDecoder(options)
    const params = model.init(randomKey(0))
    const tokens = tensor(new Int32Array(batch * time), [batch, time])
    const start = backend.memory().bytes
    const measured = { multiplyAccumulates: 0, bytes: 0 }
    const loss = (own: typeof params): Tensor => {
      model.apply(
        own,
        { tokens },
        { key: randomKey(1), ...((options.stack.halting ?? 'none') !== 'none' && { training: isTraining }) },
      )
      measured.multiplyAccumulates = backend.multiplyAccumulates
      measured.bytes = backend.memory().bytes - start
      return model.loss(own, { tokens, targets: tokens }, { key: randomKey(1) })
    }
    dispose(valueAndGrad(loss)(params))
    return measured
  } finally {
    setDefaultBackend(former)
  }
}

describe.each(varied)('the model as it runs: %s', (_, options) => {
  const measured = measure(options, 3, 7)

  test('makes the multiply–accumulates that are counted', () => {
    expect(measured.multiplyAccumulates).toBe(3 * countMultiplyAccumulates(options, { tokens: 7, logits: 'all' }).total)
  })

  test('holds the activation bytes that are counted', () => {
    expect(measured.bytes).toBe(countActivationBytes(options, { tokens: 7, batch: 3 }).total)
  })
})

test('any configuration runs and costs what is counted', () => {
  const stack = fc.record({
    kind: fc.constantFrom('standard', 'block-universal', 'cotformer'),
    begin: fc.nat(2),
    layers: fc.integer({ min: 1, max: 3 }),
    end: fc.nat(2),
    repeats: fc.integer({ min: 1, max: 4 }),
    repeatNorm: fc.boolean(),
    depthEmbedding: fc.constantFrom('none', 'linear', 'learned'),
  })
  const options = fc.record({
    stack,
    norm: fc.constantFrom('layer', 'rms'),
    normBias: fc.boolean(),
    bias: fc.boolean(),
    tiedHead: fc.boolean(),
    keyValueHeads: fc.constantFrom(1, 2),
    activation: fc.constantFrom('gelu', 'gelu-tanh', 'relu', 'swiglu', 'gated-gelu', 'gated-gelu-tanh'),
    positions: fc.constantFrom('rotary', 'learned', 'sinusoidal', 'relative', 'none'),
    rotary: fc.record({
      interleaved: fc.boolean(),
      fraction: fc.constantFrom(1, 0.5),
      scaling: fc.constantFrom(null, { type: 'linear', factor: 2 }),
    }),
    headWidth: fc.constantFrom(4, 8, 12),
    residual: fc.constantFrom('sequential', 'parallel'),
    normPlacement: fc.constantFrom('pre', 'post'),
    embeddingNorm: fc.boolean(),
    embeddingScale: fc.constantFrom(1, 4),
    headScale: fc.constantFrom(1, 0.25),
    headBias: fc.boolean(),
    feedForwardWidth: fc.integer({ min: 1, max: 40 }),
    dropout: fc.constantFrom(0, 0.1),
    attentionDropout: fc.constantFrom(0, 0.1),
    activationDropout: fc.constantFrom(0, 0.1),
    finalDropout: fc.constantFrom(0, 0.1),
  })
  const time = fc.integer({ min: 1, max: 9 })
  fc.assert(
    fc.property(options, time, fc.integer({ min: 1, max: 3 }), (drawn, tokens, batch) => {
      const loops =
        drawn.stack.kind === 'standard' ? ({ repeats: 1, repeatNorm: false, depthEmbedding: 'none' } as const) : {}
      const config = {
        ...tinyOptions,
        ...drawn,
        normBias: drawn.normBias && drawn.norm === 'layer',
        normPlacement: drawn.residual === 'parallel' ? 'pre' : drawn.normPlacement,
        stack: { ...drawn.stack, ...loops },
      } as DecoderOptions
      const { multiplyAccumulates, bytes } = measure(config, batch, tokens)
      expect(multiplyAccumulates).toBe(batch * countMultiplyAccumulates(config, { tokens, logits: 'all' }).total)
      expect(bytes).toBe(countActivationBytes(config, { tokens, batch }).total)
    }),
    { numRuns: 200, seed: 4 },
  )
})

describe.each(['cotformer', 'block-universal'] as const)('a Mixture of Repeats, %s', (kind) => {
  const stack = { kind, begin: 1, layers: 2, end: 1, repeats: 3, halting: 'mixture-of-repeats' } as const

  test('at full capacity costs its fixed twin and the routers', () => {
    const options = { ...tinyOptions, stack }
    const fixed = { ...tinyOptions, stack: { ...stack, halting: 'none' } } as const
    const routers = 2 * 8 * 16
    const { total } = countMultiplyAccumulates(options, { tokens: 8 })
    expect(total).toBe(countMultiplyAccumulates(fixed, { tokens: 8 }).total + routers)
    expect(countMultiplyAccumulates(options, { tokens: 8, capacities: [1, 1] }).total).toBe(total)
    expect(measure(options, 3, 8).multiplyAccumulates).toBe(
      3 * countMultiplyAccumulates(options, { tokens: 8, logits: 'all' }).total,
    )
  })

  test('costs what its active tokens need', () => {
    const [d, tokens, active] = [16, 8, [8, 4, 2]]
    const capacities = [0.5, 0.25]
    let expected = 2 * (12 * d * d * tokens + 2 * d * tokens * tokens) + 23 * d // begin and end, last logits
    active.forEach((count, i) => {
      const keys = kind === 'cotformer' ? active.slice(0, i + 1).reduce((sum, own) => sum + own, 0) : tokens
      const keysMade = kind === 'cotformer' ? count : tokens
      expected += 2 * (10 * d * d * count + 2 * d * d * keysMade + 2 * d * count * keys)
      if (i < 2) expected += d * count
    })
    expect(countMultiplyAccumulates({ ...tinyOptions, stack }, { tokens, capacities }).total).toBe(expected)
  })
})

test('a routed CoTFormer makes the multiply–accumulates of its active tokens', () => {
  const stack = {
    kind: 'cotformer',
    layers: 2,
    repeats: 3,
    halting: 'mixture-of-repeats',
    capacities: [0.5, 0.25],
  } as const
  const options = { ...tinyOptions, stack }
  const { capacities } = stack
  const counted = countMultiplyAccumulates(options, { tokens: 8, logits: 'all', capacities }).total
  expect(measure(options, 3, 8, true).multiplyAccumulates).toBe(3 * counted)
})

test('a stack that halts has no activation bytes of its own', () => {
  const stack = { kind: 'cotformer', layers: 2, repeats: 3, halting: 'mixture-of-repeats' } as const
  expect(() => countActivationBytes({ ...tinyOptions, stack }, { tokens: 8 })).toThrow('stack.halting: expected "none"')
})

test('activation memory grows linearly in the repeats', () => {
  const bytes = (repeats: number): number => countActivationBytes(stackOf('cotformer', repeats), { tokens: 256 }).total
  expect(bytes(3) - bytes(2)).toBe(bytes(2) - bytes(1))
  expect(countActivationBytes(stackOf('cotformer', 5), { tokens: 256 }).keysAndValues).toBe(5 * 12 * 2 * 256 * 768 * 4)
})

test('visits: begin, repeats of the middle, end; keys of all repeats in CoTFormer', () => {
  const stack = {
    kind: 'cotformer',
    begin: 1,
    layers: 2,
    end: 1,
    repeats: 2,
    repeatNorm: false,
    depthEmbedding: 'none',
  } as const
  expect(blockVisits(stack).map(({ block, repeat, segments }) => [block, repeat, segments])).toEqual([
    [0, 0, 1],
    [1, 1, 1],
    [2, 1, 1],
    [1, 2, 2],
    [2, 2, 2],
    [3, 0, 1],
  ])
  expect(blockVisits({ ...stack, kind: 'block-universal' }).map(({ segments }) => segments)).toEqual([1, 1, 1, 1, 1, 1])
})
