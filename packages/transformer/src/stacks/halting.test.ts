import {
  createCpuBackend,
  randomKey,
  scope,
  setDefaultBackend,
  slice,
  tensor,
  valueAndGrad,
  type Params,
  type Tensor,
} from '@lemanic/tensor-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { KeyValueCache } from '../blocks/key-value-cache.js'
import { calibrateThresholds, capacitiesOfLevel } from '../calibrate-thresholds.js'
import type { StackConfig } from '../config.js'
import { evaluate } from '../evaluate.js'
import { generate } from '../generation/generate.js'
import type { Decoder } from '../model.js'
import { relativeError, roughParams, someTokens, tinyDecoder, values } from '../testing/tiny-decoder.js'
import { traceExits } from '../trace-exits.js'
import { capacitySamplers, sampleCapacities } from './capacity-samplers.js'
import type { Routing } from './routing.js'

beforeAll(() => void setDefaultBackend(createCpuBackend()))

const loop = { begin: 1, layers: 1, end: 1, repeats: 3, repeatNorm: true } as const
const routers = { ...loop, halting: 'mixture-of-repeats' } as const
const kinds = ['cotformer', 'block-universal'] as const

/** Every router gives every token the weight 1 exactly: its score is about 100. */
function alwaysOn(params: Params): Params {
  const moved: Record<string, Tensor> = { ...params }
  const set = (name: string, change: (x: Float32Array) => void): void => {
    const copy = values(params[name]!).slice()
    change(copy)
    moved[name] = tensor(copy, params[name]!.shape)
  }
  set('repeat_norm.bias', (x) => (x[0] = 100))
  for (const name of Object.keys(params).filter((key) => key.startsWith('routers.')))
    set(name, (x) => x.fill(0).fill(1, 0, 1))
  return moved
}

const apply = (model: Decoder, params: Params, tokens: Tensor, routing?: Routing): Float32Array =>
  values(model.apply(params, { tokens }, { training: false, ...(routing && { routing }) }))

describe.each(kinds)('Mixture of Repeats, %s', (kind) => {
  const options = { normBias: true } as const
  const model = tinyDecoder({ kind, ...routers }, options)
  const fixed = tinyDecoder({ kind, ...loop }, options)
  const once = tinyDecoder({ kind, ...loop, repeats: 1 }, options)
  const tokens = () => someTokens(2, 9)

  test('at full capacity with all weights 1 it is the stack with a fixed number of repeats, to the bit', () => {
    const params = alwaysOn(roughParams(model, randomKey(2)))
    expect(apply(model, params, tokens())).toEqual(apply(fixed, params, tokens()))
    expect(apply(model, params, tokens(), { thresholds: [0.9, 0.9] })).toEqual(apply(fixed, params, tokens()))
  })

  test('at capacity 0 it is the stack with one repeat', () => {
    const params = roughParams(model, randomKey(2))
    expect(apply(model, params, tokens(), { capacities: [0, 0] })).toEqual(apply(once, params, tokens()))
    expect(apply(model, params, tokens(), { thresholds: [1, 1] })).toEqual(apply(once, params, tokens()))
  })

  /** Whether changing the token at `place` leaves the logits before it as they were. */
  function isCausal(routing: Routing): boolean {
    const params = roughParams(model, randomKey(5))
    return Array.from({ length: 8 }, (_, place) => place + 1).every((place) => {
      const ids = tokens().dataSync().slice() as Int32Array
      const before = apply(model, params, tensor(ids, [2, 9]), routing)
      ids[place] = (ids[place]! + 11) % 23
      const after = apply(model, params, tensor(ids, [2, 9]), routing)
      return relativeError(after.subarray(0, place * 23), before.subarray(0, place * 23)) < 1e-6
    })
  }

  test('thresholds are causal, capacities below 1 are not', () => {
    expect(isCausal({ capacities: [1, 1] })).toBe(true)
    expect(isCausal({ thresholds: [0.5, 0.5] })).toBe(true)
    expect(isCausal({ capacities: [0.5, 0.2] })).toBe(false)
  })

  test.each([
    [0.5, 0.5],
    [0.45, 0.6],
    [0, 0],
  ])('token by token with a cache it gives what one pass gives: thresholds %d, %d', async (...thresholds) => {
    const params = roughParams(model, randomKey(5))
    const routing = { thresholds }
    const whole = apply(model, params, tokens(), routing)
    const { repeats } = await traceExits(model, params, tokens().dataSync().slice(0, 9) as Int32Array, { routing })
    if (thresholds[0] === 0.5) expect(new Set(repeats).size).toBeGreaterThan(1)
    using cache = new KeyValueCache()
    const cuts = [0, 3, 4, 5, 6, 7, 8, 9]
    for (let i = 1; i < cuts.length; i++) {
      const [from, to] = [cuts[i - 1]!, cuts[i]!]
      const part = slice(tokens(), [undefined, [from, to]])
      const logits = values(model.apply(params, { tokens: part }, { training: false, cache, routing }))
      for (const row of [0, 1]) {
        const expected = whole.subarray((row * 9 + from) * 23, (row * 9 + to) * 23)
        const got = logits.subarray(row * (to - from) * 23, (row + 1) * (to - from) * 23)
        expect(relativeError(got, expected), `tokens ${from} to ${to}, row ${row}`).toBeLessThan(1e-5)
      }
    }
  })

  test('each row of a batch goes its own way, padding hidden', () => {
    const params = roughParams(model, randomKey(5))
    const routing = { thresholds: [0.5, 0.5] }
    const ids = [3, 4, 5, 6, 7, 8]
    const padded = tensor(Int32Array.of(0, 0, ...ids.slice(0, 4), ...ids), [2, 6])
    const mask = tensor(Int32Array.of(0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), [2, 6])
    const both = values(model.apply(params, { tokens: padded, mask }, { training: false, routing }))
    const short = apply(model, params, tensor(Int32Array.from(ids.slice(0, 4)), [1, 4]), routing)
    const long = apply(model, params, tensor(Int32Array.from(ids), [1, 6]), routing)
    expect(relativeError(both.subarray(2 * 23, 6 * 23), short)).toBeLessThan(1e-5)
    expect(relativeError(both.subarray(6 * 23), long)).toBeLessThan(1e-5)
  })

  test('the routers’ gradient is that of finite differences', () => {
    const trained = tinyDecoder({ kind, ...routers, capacities: [0.6, 0.4] }, options)
    const params = roughParams(trained, randomKey(7))
    const batch = { tokens: tokens(), targets: someTokens(2, 9, { offset: 3 }) }
    const lossOf = (own: Params): Tensor => trained.loss(own, batch, { key: randomKey(1) })
    const { grads } = valueAndGrad(lossOf)(params)
    for (const name of ['routers.1.weight', 'routers.2.weight', 'blocks.1.attention.key.weight']) {
      const gradient = values(grads[name]!)
      const length = Math.hypot(...gradient)
      expect(length, name).toBeGreaterThan(1e-5)
      const move = (by: number): number =>
        scope(() => {
          const moved = values(params[name]!).map((w, i) => w + (by * gradient[i]!) / length)
          return lossOf({ ...params, [name]: tensor(moved, params[name]!.shape) }).item()
        })
      expect(Math.abs((move(2e-3) - move(-2e-3)) / 4e-3 - length) / length, name).toBeLessThan(0.03)
    }
  })

  test('capacities say how many tokens go on, thresholds are calibrated to them', async () => {
    const params = roughParams(model, randomKey(5))
    const sequence = tokens().dataSync().slice(0, 9) as Int32Array
    const { repeats, weights } = await traceExits(model, params, sequence, { routing: { capacities: [0.7, 0.34] } })
    expect([2, 3].map((depth) => repeats.filter((taken) => taken >= depth).length)).toEqual([6, 3])
    expect(weights[1]!.filter((weight) => !Number.isNaN(weight))).toHaveLength(6)
    const sequences = Array.from({ length: 12 }, (_, i) => someTokens(1, 9, { offset: i }).dataSync() as Int32Array)
    const { thresholds, realized } = await calibrateThresholds(model, params, sequences, [0.5, 0.25])
    expect(realized[0]).toBeCloseTo(0.5, 1)
    expect(realized[1]).toBeCloseTo(0.25, 1)
    let second = 0
    for (const own of sequences) {
      const trace = await traceExits(model, params, own, { routing: { thresholds } })
      second += trace.repeats.filter((taken) => taken >= 2).length
    }
    expect(second / (12 * 9)).toBeCloseTo(realized[0]!, 9)
  })

  test('generation with thresholds goes on as one pass would', async () => {
    const params = roughParams(model, randomKey(5))
    const thresholds = [0.5, 0.5]
    const added = await generate(model, params, { prompt: [1, 2, 3], maximumTokens: 5, thresholds })
    let text = [1, 2, 3]
    for (const token of added) {
      const logits = apply(model, params, tensor(Int32Array.from(text), [1, text.length]), { thresholds })
      const last = logits.subarray(-23)
      expect(token).toBe(last.indexOf(Math.max(...last)))
      text = [...text, token]
    }
    await expect(generate(fixed, params, { prompt: [1], maximumTokens: 1, thresholds })).rejects.toThrow(
      'routing: expected none: this model has no routers',
    )
  })
})

test('budgets: a higher level lets more tokens on, later repeats never more than earlier ones', () => {
  const weights = [Float32Array.of(0.9, 0.6, 0.3, 0.1), Float32Array.of(0.95, 0.8, 0.7, 0.2)]
  expect(capacitiesOfLevel(weights, 0, 4)).toEqual([0, 0])
  expect(capacitiesOfLevel(weights, 0.5, 4)).toEqual([0.5, 0.5])
  expect(capacitiesOfLevel(weights, 1, 4)).toEqual([1, 1])
})

test.each(capacitySamplers)('capacities %s: from 0 to 1, falling, the same for the same key', (sampler) => {
  fc.assert(
    fc.property(fc.nat(1e6), fc.integer({ min: 1, max: 6 }), (seed, count) => {
      const drawn = sampleCapacities(sampler, count, randomKey(seed))
      expect(drawn).toHaveLength(count)
      drawn.forEach((value, i) => {
        expect(value).toBeGreaterThanOrEqual(0)
        expect(value).toBeLessThanOrEqual(i === 0 ? 1 : drawn[i - 1]!)
      })
      expect(sampleCapacities(sampler, count, randomKey(seed))).toEqual(drawn)
    }),
  )
})

test('uniform capacities: one in twenty-one is full, the mean of the others one half', () => {
  const drawn = Array.from({ length: 4000 }, (_, seed) => sampleCapacities('uniform', 1, randomKey(seed))[0]!)
  expect(drawn.filter((value) => value === 1).length / 4000).toBeCloseTo(0.05 / 1.05, 1.5)
  const others = drawn.filter((value) => value < 1)
  expect(others.reduce((sum, value) => sum + value, 0) / others.length).toBeCloseTo(0.5, 1.5)
})

describe('stick-breaking', () => {
  const model = tinyDecoder({ kind: 'block-universal', ...loop, halting: 'stick-breaking' })
  const batch = () => ({ tokens: someTokens(2, 9), targets: someTokens(2, 9, { offset: 1 }) })

  test('at first half of what is left halts each time: 1.75 expected repeats of 3', () => {
    const params = model.init(randomKey(1))
    const own = model.loss(params, batch(), { training: false }).item()
    expect(model.loss(params, batch(), { training: true }).item() - own).toBeCloseTo(0.03 * 1.75, 5)
  })

  test('a gate that always halts gives the stack with one repeat, one that never halts the fixed one', () => {
    const params = roughParams(model, randomKey(1))
    const gate = (sign: number): Params => ({
      ...params,
      'halting.hidden.weight': tensor(new Float32Array(256), [16, 16]),
      'halting.hidden.bias': tensor(new Float32Array(16).fill(10), [16]),
      'halting.output.weight': tensor(
        Float32Array.from({ length: 32 }, (_, i) => (i < 16 ? -sign : sign)),
        [2, 16],
      ),
    })
    const of = (repeats: number) => tinyDecoder({ kind: 'block-universal', ...loop, repeats })
    const tokens = someTokens(2, 9)
    expect(relativeError(apply(model, gate(1), tokens), apply(of(1), params, tokens))).toBeLessThan(1e-6)
    expect(relativeError(apply(model, gate(-1), tokens), apply(of(3), params, tokens))).toBeLessThan(1e-6)
  })
})

describe.each(kinds)('PonderNet, %s', (kind) => {
  const model = tinyDecoder({ kind, ...loop, halting: 'ponder-net' })
  const tokens = () => someTokens(2, 9)
  const batch = () => ({ tokens: tokens(), targets: someTokens(2, 9, { offset: 1 }) })
  /** Halts after repeat `at` for certain. */
  const halting = (params: Params, at: number): Params => ({
    ...params,
    'halting.1.weight': tensor(new Float32Array(16), [1, 16]),
    'halting.2.weight': tensor(new Float32Array(16), [1, 16]),
    'halting.1.bias': tensor(Float32Array.of(at === 1 ? 50 : -50), [1]),
    'halting.2.bias': tensor(Float32Array.of(at === 2 ? 50 : -50), [1]),
  })

  test.each([1, 2, 3])('what halts after repeat %d for certain is a stack of so many repeats', (repeats) => {
    const params = halting(roughParams(model, randomKey(1)), repeats)
    const fixed = tinyDecoder({ kind, ...loop, repeats })
    expect(relativeError(apply(model, params, tokens()), apply(fixed, params, tokens()))).toBeLessThan(1e-6)
    expect(model.loss(params, batch(), { training: false }).item()).toBeCloseTo(fixed.loss(params, batch()).item(), 5)
  })

  test('the loss without the prior is the mean over exits that are drawn', async () => {
    const params = roughParams(model, randomKey(3))
    const chunks = [0, 1].map((row) => [
      ...tokens()
        .dataSync()
        .slice(row * 9, row * 9 + 9),
    ])
    const cut = { tokens: slice(tokens(), [undefined, [0, 8]]), targets: slice(tokens(), [undefined, [1, 9]]) }
    const expected = model.loss(params, cut, { training: false }).item()
    let sum = 0
    for (let i = 0; i < 150; i++) sum += (await evaluate(model, params, chunks, { key: randomKey(i) })).loss
    expect(sum / 150).toBeCloseTo(expected, 1)
  })

  test('at the prior’s own probabilities the divergence is 0', () => {
    const params = halting(roughParams(model, randomKey(1)), 3)
    const logit = Math.log(0.4 / 0.6)
    const atPrior = { ...params, 'halting.1.bias': tensor([logit]), 'halting.2.bias': tensor([logit]) }
    const difference = (own: Params): number =>
      model.loss(own, batch(), { training: true }).item() - model.loss(own, batch(), { training: false }).item()
    expect(difference(atPrior)).toBeCloseTo(0, 5)
    expect(difference(params)).toBeCloseTo(0.2 * Math.log(1 / 0.36), 3)
  })
})

describe('pause tokens', () => {
  const model = tinyDecoder({ layers: 2 }, { pauseTokens: 2 })
  test('cost places, keep the order of time, and go on from a cache', () => {
    const params = roughParams(model, randomKey(4))
    const tokens = someTokens(2, 9)
    const whole = apply(model, params, tokens)
    expect(whole).toHaveLength(2 * 9 * 23)
    using cache = new KeyValueCache()
    for (let t = 0; t < 9; t++) {
      const logits = values(model.apply(params, { tokens: slice(tokens, [undefined, [t, t + 1]]) }, { cache }))
      for (const row of [0, 1]) {
        const expected = whole.subarray((row * 9 + t) * 23, (row * 9 + t + 1) * 23)
        expect(relativeError(logits.subarray(row * 23, (row + 1) * 23), expected)).toBeLessThan(1e-5)
      }
    }
    expect(cache.length).toBe(27)
    const without = tinyDecoder({ layers: 2 })
    expect(relativeError(apply(without, params, tokens), whole)).toBeGreaterThan(0.01)
  })
})

const impossible: [string, Partial<StackConfig>, string][] = [
  ['halting without repeats', { halting: 'ponder-net' }, 'stack.halting: expected "none" in a stack without repeats'],
  [
    'stick-breaking in a CoTFormer',
    { kind: 'cotformer', repeats: 2, halting: 'stick-breaking' },
    'stack.halting: expected a "block-universal" stack for "stick-breaking", got "cotformer"',
  ],
  [
    'capacities that rise',
    { kind: 'cotformer', repeats: 3, halting: 'mixture-of-repeats', capacities: [0.2, 0.5] },
    'stack.capacities[1]: expected at most the 0.2 before it, got 0.5',
  ],
  ['an unknown rule', { capacities: 'sometimes' as 'uniform' }, 'stack.capacities: expected one of "uniform"'],
]
test.each(impossible)('refuses %s', (_, stack, message) => {
  expect(() => tinyDecoder(stack)).toThrow(message)
})
