import {
  createNativeBackend,
  emptyState,
  matmul,
  randomKey,
  randomNormal,
  reshape,
  scope,
  singleProcess,
  slice,
  tensor,
  type Params,
  type Reduction,
  type Stacked,
  type State,
  type Tensor,
} from '@lemanic/tensor-core'
import fc from 'fast-check'
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
  powerSgd,
  qsgd,
  randomK,
  scaledSign,
  sign,
  startAfter,
  topK,
  withoutErrorFeedback,
  type Channel,
  type Compressor,
} from '../index.js'
import { readBits, writeBits } from './bits.js'

const backend = createNativeBackend({ threads: 1 })
const of = (rows: readonly (readonly number[])[]): Tensor =>
  tensor(Float32Array.from(rows.flat()), [rows.length, rows[0].length], { backend })
const numbers = (value: Tensor): number[] => [...value.dataSync()].map(Number)
const energy = (values: readonly number[]): number => values.reduce((sum, value) => sum + value * value, 0)

async function reduce(
  compressor: Compressor,
  local: Stacked,
  { step = 0, channel, state }: { step?: number; channel?: Channel; state?: State } = {},
): Promise<Reduction> {
  const complete = compressor.properties.needsErrorFeedback ? withoutErrorFeedback(compressor) : compressor
  const reducer = compressedReducer({ compressor: complete, ...(channel === undefined ? {} : { channel }) })
  const first: Params = scope(() =>
    Object.fromEntries(
      Object.entries(local).map(([name, value]) => [name, reshape(slice(value, [[0, 1]]), value.shape.slice(1))]),
    ),
  )
  const start = state ?? reducer.init?.(first, Object.values(local)[0].shape[0]) ?? emptyState
  return reducer.reduce(local, { collectives: singleProcess, state: start, key: randomKey(3).foldIn(step), step })
}

const vectors = fc
  .array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 60 })
  .map((values) => values.map(Math.fround))

describe('top-k', () => {
  test('the error obeys the contraction (1 − k/d)', () =>
    fc.assert(
      fc.asyncProperty(vectors, fc.double({ min: 0.01, max: 1, noNaN: true }), async (values, fraction) => {
        const { reduced } = await reduce(topK({ fraction }), { v: of([values]) })
        const k = Math.max(1, Math.floor(fraction * values.length))
        const back = numbers(reduced.v)
        expect(energy(values.map((value, i) => value - back[i]))).toBeLessThanOrEqual(
          (1 - k / values.length) * energy(values) + 1e-5,
        )
      }),
    ))

  test('the mean of what each worker kept; 8 bytes an entry', async () => {
    const local = { v: of([[5, 1, 0, -1], [0, 1, -6, 1]]) } // prettier-ignore
    const { reduced, telemetry } = await reduce(topK({ fraction: 0.25 }), local)
    expect(numbers(reduced.v)).toEqual([2.5, 0, -3, 0])
    expect(telemetry?.bytes).toBe(8)
  })

  test('of all tensors together keeps the largest wherever it is', async () => {
    const local = { a: of([[1, 2, 3]]), b: of([[10, 20, 30]]) }
    const { reduced, telemetry } = await reduce(bucketed(topK({ fraction: 0.34 })), local)
    expect([numbers(reduced.a), numbers(reduced.b)]).toEqual([
      [0, 0, 0],
      [0, 20, 30],
    ])
    expect(telemetry?.bytes).toBe(16)
  })
})

describe('signs', () => {
  test('the majority decides, ties are zero, in one bit an entry and in the air', async () => {
    const local = { v: of([[1, -2, 3, 1], [4, -5, -6, 2], [-1, -1, 2, -3], [-2, 3, 1, -4]]) } // prettier-ignore
    for (const channel of [undefined, gaussianChannel({ power: Infinity })]) {
      const { reduced } = await reduce(sign(), local, channel === undefined ? {} : { channel })
      expect(numbers(reduced.v)).toEqual([0, -1, 1, 0])
    }
    const long = { v: of([Array.from({ length: 100 }, (_, i) => i - 50.5)]) }
    expect((await reduce(sign(), long)).telemetry?.bytes).toBe(4 + 13)
  })

  test('momentum turns the sign only when it has turned', async () => {
    const compressor = sign({ momentum: 0.9 })
    const first = await reduce(compressor, { v: of([[1, 1]]) })
    const second = await reduce(compressor, { v: of([[-0.5, -20]]) }, { state: first.state })
    expect(numbers(second.reduced.v)).toEqual([1, -1])
  })

  test('scaled signs: ‖x − C(x)‖² = ‖x‖² − ‖x‖₁²/d', () =>
    fc.assert(
      fc.asyncProperty(vectors, async (values) => {
        const back = numbers((await reduce(scaledSign(), { v: of([values]) })).reduced.v)
        const one = values.reduce((sum, value) => sum + Math.abs(value), 0)
        const law = energy(values) - one ** 2 / values.length
        expect(Math.abs(energy(values.map((v, i) => v - back[i])) - law)).toBeLessThan(1e-4 * (1 + energy(values)))
      }),
    ))
})

describe('QSGD', () => {
  test('bits come back as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 24 }), fc.array(fc.nat(), { maxLength: 50 }), (width, raw) => {
        const values = raw.map((value) => value % 2 ** width)
        const bytes = new Uint8Array(Math.ceil((values.length * width) / 8))
        writeBits(bytes, values, width)
        expect([...readBits(bytes, values.length, width)]).toEqual(values)
      }),
    )
  })

  test('the variance is within min(n/s², √n/s)·‖x‖²', async () => {
    const x = numbers(randomNormal(randomKey(4), [64], { backend }))
    for (const levels of [1, 4, 7]) {
      let total = 0
      for (let step = 0; step < 200; step++) {
        const back = numbers((await reduce(qsgd({ levels, bucketSize: 64 }), { v: of([x]) }, { step })).reduced.v)
        total += energy(x.map((value, i) => value - back[i])) / 200
      }
      expect(total).toBeLessThan(Math.min(64 / levels ** 2, 8 / levels) * energy(x))
    }
  })

  test('7 levels: 4 bits an entry and a norm a bucket', async () => {
    const { telemetry } = await reduce(qsgd({ bucketSize: 50 }), { v: of([new Array<number>(100).fill(1)]) })
    expect(telemetry?.bytes).toBe(4 * 2 + 50)
  })
})

describe('random-k', () => {
  const ones = { v: of([new Array<number>(100).fill(1), new Array<number>(100).fill(3)]) }
  test('sends k values of the same entries of every worker', async () => {
    const { reduced, telemetry } = await reduce(randomK({ fraction: 0.2 }), ones)
    expect(numbers(reduced.v).filter((value) => value === 2)).toHaveLength(20)
    expect(numbers(reduced.v).filter((value) => value === 0)).toHaveLength(80)
    expect(telemetry?.bytes).toBe(80)
  })
  test('a block is contiguous, around the end', async () => {
    for (let step = 0; step < 30; step++) {
      const kept = numbers((await reduce(randomK({ fraction: 0.2, block: true }), ones, { step })).reduced.v)
      const edges = kept.filter((value, i) => (value === 0) !== (kept[(i + 1) % 100] === 0))
      expect(edges).toHaveLength(2)
    }
  })
  test('over many steps every entry gets its turn', async () => {
    const seen = new Float64Array(100)
    for (let step = 0; step < 200; step++)
      numbers((await reduce(randomK({ fraction: 0.1, rescale: true }), ones, { step })).reduced.v).forEach(
        (value, i) => (seen[i] += value / 200),
      )
    expect(Math.min(...seen)).toBeGreaterThan(0.5)
    expect(energy([...seen].map((value) => value - 2)) / 100).toBeLessThan(0.4)
  })
})

describe('sketches', () => {
  const heavy = (): number[] => {
    const values = numbers(randomNormal(randomKey(8), [400], { backend, standardDeviation: 0.05 }))
    values[17] = 9
    values[203] = -7
    values[399] = 5
    return values
  }
  test('the median of five rows finds the heavy entries', async () => {
    const back = numbers((await reduce(countSketch({ fraction: 0.5, rows: 5 }), { v: of([heavy()]) })).reduced.v)
    for (const [at, value] of [[17, 9], [203, -7], [399, 5]]) expect(Math.abs(back[at] - value)).toBeLessThan(0.5) // prettier-ignore
  })
  test('FetchSGD updates the heavy entries, and what it leaves out comes later', async () => {
    const compressor = fetchSgd({ fraction: 0.5, kept: 3 / 400, momentum: 0 })
    const first = await reduce(compressor, { v: of([heavy()]) })
    const kept = numbers(first.reduced.v)
    expect(kept.flatMap((value, i) => (value === 0 ? [] : [i]))).toEqual([17, 203, 399])
    // With nothing new, the next largest come out of the error.
    const second = await reduce(compressor, { v: of([new Array<number>(400).fill(0)]) }, { state: first.state })
    const later = numbers(second.reduced.v)
    expect(energy(later)).toBeGreaterThan(0)
    expect(Math.abs(later[17])).toBeLessThan(1)
  })
  test('FetchSGD carries momentum in the sketch', async () => {
    const compressor = fetchSgd({ fraction: 1, rows: 5, kept: 1 / 400, momentum: 0.5 })
    const spike = new Array<number>(400).fill(0)
    spike[5] = 4
    let state: State | undefined
    const seen: number[] = []
    for (let step = 0; step < 3; step++) {
      const local = { v: of([step === 0 ? spike : new Array<number>(400).fill(0)]) }
      const result = await reduce(compressor, local, state === undefined ? {} : { state })
      seen.push(numbers(result.reduced.v)[5])
      state = result.state
    }
    expect(seen.map((value) => Math.round(value * 1e4) / 1e4)).toEqual([4, 2, 1])
  })
})

test('A-DSGD recovers the sum of sparse gradients, and less well the more noise there is', async () => {
  const sparse = (worker: number): number[] => {
    const values = new Array<number>(300).fill(0)
    for (let i = 0; i < 6; i++) values[(worker * 37 + i * 50) % 300] = 3 - i
    return values
  }
  const local = { v: of([sparse(0), sparse(1)]) }
  const target = sparse(0).map((value, i) => (value + sparse(1)[i]) / 2)
  const errorAt = async (power: number): Promise<number> => {
    const compressor = aDsgd({ fraction: 0.5, sparsity: 0.05, iterations: 40 })
    const back = numbers((await reduce(compressor, local, { channel: gaussianChannel({ power }) })).reduced.v)
    return energy(back.map((value, i) => value - target[i])) / energy(target)
  }
  const [exact, fair, poor] = [await errorAt(Infinity), await errorAt(1000), await errorAt(10)]
  expect(exact).toBeLessThan(1e-3)
  expect(fair).toBeGreaterThan(exact)
  expect(poor).toBeGreaterThan(fair)
})

describe('low rank', () => {
  const local = { w: randomNormal(randomKey(5), [2, 14, 12], { backend }) }
  const errorOf = async (compressor: Compressor): Promise<number> => {
    const reducer = compressedReducer({ compressor: withoutErrorFeedback(compressor), measureError: true })
    const state = reducer.init?.({ w: tensor(new Float32Array(168), [14, 12], { backend }) }, 2) as State
    const { telemetry } = await reducer.reduce(local, { collectives: singleProcess, state, key: randomKey(1), step: 0 })
    return Number(telemetry?.estimateError)
  }
  test('more rounds leave less over, and more rank too', async () => {
    for (const make of [laser, powerSgd] as const) {
      const one = await errorOf(make({ rank: 1, minimumRate: 0 }))
      expect(await errorOf(make({ rank: 1, minimumRate: 0, iterations: 3 }))).toBeLessThan(one)
      expect(await errorOf(make({ rank: 6, minimumRate: 0 }))).toBeLessThan(one)
    }
  })
  test('Gram–Schmidt and QR give the same, and so do factors sent column by column', async () => {
    const exact = gaussianChannel({ power: Infinity })
    const plain = numbers((await reduce(laser({ rank: 3 }), local)).reduced.w)
    const others = [
      await reduce(laser({ rank: 3, orthogonalization: 'gram-schmidt' }), local),
      await reduce(laser({ rank: 3, powerPer: 'column' }), local, { channel: exact }),
    ]
    for (const { reduced } of others) numbers(reduced.w).forEach((value, i) => expect(value).toBeCloseTo(plain[i], 4))
  })
  test('a tensor that would shrink too little, and vectors, are sent whole', async () => {
    const mixed = { w: local.w, bias: randomNormal(randomKey(6), [2, 14], { backend }) }
    const mean = (value: Tensor): number[] => {
      const all = numbers(value)
      return all.slice(0, all.length / 2).map((x, i) => Math.fround(x + all[i + all.length / 2]) / 2)
    }
    const { reduced, telemetry } = await reduce(powerSgd({ rank: 4 }), mixed)
    expect(numbers(reduced.w)).toEqual(mean(mixed.w))
    expect(numbers(reduced.bias)).toEqual(mean(mixed.bias))
    expect(telemetry?.bytes).toBe(4 * (168 + 14))
    expect((await reduce(powerSgd({ rank: 1 }), mixed)).telemetry?.bytes).toBe(4 * (14 + 12 + 14))
  })
  test('a convolution filter is one row a place and input', async () => {
    const filter = { f: randomNormal(randomKey(7), [1, 3, 3, 8, 16], { backend }) }
    expect((await reduce(powerSgd({ rank: 1 }), filter)).telemetry?.bytes).toBe(4 * (72 + 16))
    const rows = matmul(
      randomNormal(randomKey(1), [72, 1], { backend }),
      randomNormal(randomKey(2), [1, 16], { backend }),
    )
    const low = { f: reshape(rows, [1, 3, 3, 8, 16]) }
    const back = numbers((await reduce(powerSgd({ rank: 1 }), low)).reduced.f)
    numbers(rows).forEach((value, i) => expect(back[i]).toBeCloseTo(value, 4))
  })
  test('one worker over the channel hears itself', async () => {
    const alone = { w: randomNormal(randomKey(5), [1, 14, 12], { backend }) }
    const { reduced, telemetry } = await reduce(identity(), alone, { channel: gaussianChannel({ power: 1e12 }) })
    numbers(alone.w).forEach((value, i) => expect(numbers(reduced.w)[i]).toBeCloseTo(value, 3))
    expect(Number(telemetry?.transmittedPower) / 1e12).toBeCloseTo(1, 5)
  })
})

test('compression starts after some steps', async () => {
  const compressor = startAfter(2, errorFeedback(powerSgd({ rank: 1 })))
  const local = { w: randomNormal(randomKey(5), [1, 14, 12], { backend }) }
  let state: State | undefined
  const bytes: unknown[] = []
  for (let step = 0; step < 4; step++) {
    const result = await reduce(compressor, local, { step, ...(state === undefined ? {} : { state }) })
    bytes.push(result.telemetry?.bytes)
    if (step < 2) expect(numbers(result.reduced.w)).toEqual(numbers(local.w))
    state = result.state
  }
  expect(bytes).toEqual([672, 672, 104, 104])
})

test('impossible options are refused with what was expected', () => {
  expect(() => topK({ fraction: 0 })).toThrow(/fraction: expected a number above 0 and at most 1, got 0/)
  expect(() => laser({ rank: 0 })).toThrow(/rank: expected a whole number ≥ 1/)
  expect(() => laser({ rank: 1, form: 'half' as 'half-step' })).toThrow(/form: expected one of half-step, two-sided/)
  expect(() => powerSgd({ rank: 1, form: 'two-sided' } as never)).toThrow(/unknown option "form"/)
  expect(() => qsgd({ levels: 0 })).toThrow(/levels: expected a whole number from 1/)
  expect(() => errorFeedback(topK({ fraction: 1 }), { decay: 0 })).toThrow(/decay: expected/)
})
