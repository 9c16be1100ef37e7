import {
  createBackend,
  defaultBackend,
  dispose,
  mean,
  multiply,
  randomKey,
  randomNormal,
  reshape,
  scope,
  square,
  subtract,
  sum,
  tensor,
  type Params,
  type Tensor,
} from '@lemanic/tensor-core'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  barrier,
  barrierAt,
  cumulativeScan,
  groupScan,
  interpolate,
  layerScan,
  measureConnectivity,
  modelPair,
  singleEvaluator,
  stagedEvaluator,
  windowScan,
  worstPoint,
  type ModelPair,
} from '../index.js'
import { classification, evaluators, fromHost, golden, layerNames, stagesOf } from './test-support.js'

let pair: ModelPair
let x: Tensor
let y: Tensor
beforeAll(async () => {
  await createBackend()
  pair = modelPair(fromHost(golden.barrier.a), fromHost(golden.barrier.b))
  x = tensor(golden.barrier.x)
  y = tensor(Int32Array.from(golden.barrier.y))
})

describe.each(['single', 'stacked', 'staged'] as const)('golden values of numpy, %s evaluator', (kind) => {
  test('all baselines, both bases, layers, a window and the whole model', () => {
    const { endpoints, entries } = golden.barrier
    const sets = [...new Map(entries.map(({ set, layers }) => [set, { name: set, layers }])).values()]
    const found = groupScan(evaluators(layerNames, x, y)[kind], pair, { groups: sets, alphas: [1, 0.25, 0.5] })
    for (const base of ['a', 'b'] as const)
      for (const measure of ['loss', 'error'])
        expect(found.endpoints[base][measure]).toBeCloseTo(endpoints[base][measure]!, 5)
    for (const { set, layers, base, alpha, values } of entries) {
      const entry = found.entries.find(({ name }) => name === set)!
      expect(entry.layers).toEqual(layers)
      for (const measure of ['loss', 'error'])
        for (const baseline of ['raw', 'vsMean', 'vsBase', 'vsSegmentEnds'] as const)
          expect(
            barrierAt(entry[base]!, measure, baseline, alpha),
            `${set} ${base} ${alpha} ${measure} ${baseline}`,
          ).toBeCloseTo(values[measure]![baseline], 5)
    }
  })
})

const random = (seed: number, names = layerNames, sizes = [5, 7, 6, 6, 3]): Params =>
  Object.fromEntries(
    names.flatMap((name, i) => {
      const key = randomKey(seed).foldIn(name)
      return [
        [`${name}.weight`, randomNormal(key.foldIn('weight'), [sizes[i + 1]!, sizes[i]!])],
        [`${name}.bias`, randomNormal(key.foldIn('bias'), [sizes[i + 1]!])],
      ]
    }),
  )

describe('identities', () => {
  test('a model with itself has no barrier anywhere', () => {
    const same = modelPair(pair.a, pair.a)
    const record = measureConnectivity(evaluators(layerNames, x, y).staged, same, { windows: [2], alphas: [0, 0.3, 1] })
    const entries = [record.full, ...record.singles, ...record.windows['2']!, ...record.cumulative.deep!]
    for (const { a, b } of entries)
      for (const curve of [a, b])
        for (const point of curve?.points ?? [])
          expect(Math.abs(point.values.loss!.vsMean), `${point.alpha}`).toBeLessThan(1e-6)
    expect(record.distances.model.distance).toBe(0)
    expect(record.distances.model.cosine).toBeCloseTo(1, 12)
  })

  test('α = 0 and α = 1 are the models, bit for bit, even where the other holds infinities', () => {
    const bad = { ...pair.b, 'out.bias': tensor([Infinity, NaN, 0]) }
    expect([...interpolate(pair.a, bad, 0)['out.bias']!.dataSync()]).toEqual([...pair.a['out.bias']!.dataSync()])
    for (const [alpha, model] of [
      [0, pair.a],
      [1, pair.b],
    ] as const)
      for (const [name, value] of Object.entries(interpolate(pair.a, pair.b, alpha)))
        expect([...value.dataSync()]).toEqual([...model[name]!.dataSync()])
    const swapped = interpolate(pair.a, pair.b, 1, { base: 'b', layers: ['out'] })
    expect([...swapped['out.weight']!.dataSync()]).toEqual([...pair.a['out.weight']!.dataSync()])
    expect([...swapped['hidden.0.weight']!.dataSync()]).toEqual([...pair.b['hidden.0.weight']!.dataSync()])
  })

  test('S = ∅ has the offset ½(ε₁ − ε₂) against the mean and none against its base', () => {
    const { staged } = evaluators(layerNames, x, y)
    const { endpoints, a, b } = barrier(staged, pair, { layers: [] })
    const offset = (endpoints.a.loss! - endpoints.b.loss!) / 2
    expect(Math.abs(offset)).toBeGreaterThan(0.01)
    expect(barrierAt(a!, 'loss')).toBeCloseTo(offset, 6)
    expect(barrierAt(b!, 'loss')).toBeCloseTo(-offset, 6)
    expect(barrierAt(a!, 'loss', 'vsBase')).toBe(0)
    expect(barrierAt(b!, 'loss', 'vsSegmentEnds')).toBeCloseTo(0, 12)
  })

  test('the whole model: symmetric, and equal to S = all, the last of a growing set, and the widest window', () => {
    const { staged } = evaluators(layerNames, x, y)
    const forward = barrier(staged, pair)
    const value = barrierAt(forward.a!, 'loss')
    expect(Math.abs(value)).toBeGreaterThan(0.1)
    expect(barrierAt(forward.b!, 'loss')).toBeCloseTo(value, 6)
    expect(barrierAt(barrier(staged, modelPair(pair.b, pair.a)).a!, 'loss')).toBeCloseTo(value, 6)
    for (const order of ['shallow', 'deep', 'outer-first', 'inner-first'] as const)
      expect(barrierAt(cumulativeScan(staged, pair, { order }).entries.at(-1)!.a!, 'loss')).toBeCloseTo(value, 6)
    expect(barrierAt(windowScan(staged, pair, { width: 4 }).entries[0]!.b!, 'loss')).toBeCloseTo(value, 6)
  })
})

test('the last layer of any net with a convex loss: never above the chord (50 random pairs)', () => {
  for (let seed = 0; seed < 50; seed++) {
    const worst = scope(() => {
      const other = modelPair(random(2 * seed), random(2 * seed + 1))
      const { staged } = evaluators(layerNames, x, y)
      const found = barrier(staged, other, { layers: ['out'], alphas: [0.1, 0.3, 0.5, 0.7, 0.9] })
      return Math.max(...(['a', 'b'] as const).map((base) => worstPoint(found[base]!, 'loss', 'vsSegmentEnds').value))
    })
    expect(worst).toBeLessThan(1e-5)
  }
})

test('theorem 4.1: every layer of a deep linear net with squared loss is convex, the whole is not', () => {
  const stages = stagesOf(layerNames, false)
  const lift = (params: Params): Params =>
    Object.fromEntries(Object.entries(params).map(([name, value]) => [name, reshape(value, [1, ...value.shape])]))
  const squaredTo = (targets: Tensor) =>
    stagedEvaluator({
      stages,
      batches: [{ input: x, target: targets, examples: 40 }],
      measure: (output, target) => ({ loss: mean(sum(square(subtract(output, target)), 2), 1) }),
    })
  for (let seed = 0; seed < 20; seed++) {
    scope(() => {
      const [a, b] = [random(2 * seed), random(2 * seed + 1)]
      const targets = stages.reduce((state, { apply }) => apply(lift(a), state), reshape(x, [1, 40, 5]))
      const evaluator = squaredTo(targets)
      for (const entry of layerScan(evaluator, modelPair(a, b), { alphas: [0.2, 0.5, 0.8] }).entries)
        for (const base of ['a', 'b'] as const)
          for (const { values } of entry[base]!.points)
            expect(values.loss!.vsSegmentEnds).toBeLessThan(1e-4 * Math.max(1, values.loss!.raw))
      // the signs of the units between two layers turned: the same function, but not in the middle
      const flip = (value: Tensor): Tensor => multiply(value, -1)
      const turned = {
        ...a,
        'hidden.0.weight': flip(a['hidden.0.weight']!),
        'hidden.0.bias': flip(a['hidden.0.bias']!),
        'hidden.1.weight': flip(a['hidden.1.weight']!),
      }
      const whole = barrier(evaluator, modelPair(a, turned))
      expect(whole.endpoints.b.loss).toBeLessThan(1e-6)
      expect(barrierAt(whole.a!, 'loss')).toBeGreaterThan(0.1)
    })
  }
})

test('the scalar net f(x) = w₁ w₂ x: full barrier E[x²], none along a layer (paper, figure 3)', () => {
  const inputs = [0.5, -1, 2, 1.5]
  const secondMoment = inputs.reduce((total, value) => total + value ** 2, 0) / inputs.length
  const evaluator = singleEvaluator({
    measure: ({ 'first.weight': first, 'second.weight': second }) => ({
      loss: (first!.item() * second!.item() - 1) ** 2 * secondMoment,
    }),
  })
  const at = (value: number): Params => ({ 'first.weight': tensor(value), 'second.weight': tensor(value) })
  const two = modelPair(at(1), at(-1))
  const full = barrier(evaluator, two)
  expect(full.endpoints).toEqual({ a: { loss: 0 }, b: { loss: 0 } })
  expect(barrierAt(full.a!, 'loss')).toBeCloseTo(secondMoment, 12)
  for (const { a, b } of layerScan(evaluator, two, { alphas: [0.25, 0.5, 0.75] }).entries)
    for (const curve of [a!, b!]) expect(worstPoint(curve, 'loss', 'vsSegmentEnds').value).toBeLessThanOrEqual(0)
  // (w₁ − 1)² E[x²] along w₁ with w₂ = 1, at w₁ = 0
  expect(barrierAt(layerScan(evaluator, two).entries[0]!.a!, 'loss', 'raw')).toBeCloseTo(secondMoment, 12)
})

test('batches count by their numbers of examples, and stacks of any size agree', () => {
  const whole = stagedEvaluator({
    stages: stagesOf(layerNames),
    batches: [{ input: x, target: y, examples: 40 }],
    measure: classification,
  })
  const expected = layerScan(whole, pair)
  for (const size of [1, 2, 64]) {
    const found = layerScan(evaluators(layerNames, x, y, size).staged, pair)
    found.entries.forEach(({ b }, i) =>
      expect(barrierAt(b!, 'loss', 'raw')).toBeCloseTo(barrierAt(expected.entries[i]!.b!, 'loss', 'raw'), 5),
    )
  }
})

test('no scan leaves a tensor behind', () => {
  const { single, stacked, staged } = evaluators(layerNames, x, y)
  const before = defaultBackend().memory().buffers
  for (const evaluator of [single, stacked, staged])
    measureConnectivity(evaluator, pair, { windows: [2], random: { key: randomKey(1), draws: 2 } })
  expect(defaultBackend().memory().buffers).toBe(before)
})

test('what does not fit is refused', () => {
  const { staged } = evaluators(layerNames, x, y)
  const other = random(1, layerNames, [5, 8, 6, 6, 3])
  expect(() => modelPair(pair.a, other)).toThrow(/hidden\.0\.weight: expected float32 \[7, 5\], got float32 \[8, 5\]/)
  expect(() => modelPair(pair.a, pair.b, { layers: [{ name: 'one', keys: ['out.weight'] }] })).toThrow(
    /"hidden\.0\.weight" is in none/,
  )
  const twice = [
    { name: 'all', keys: Object.keys(pair.a) },
    { name: 'again', keys: ['out.bias'] },
  ]
  expect(() => modelPair(pair.a, pair.b, { layers: twice })).toThrow(/"out\.bias" is in "all" and in "again"/)
  expect(() => barrier(staged, pair, { layers: ['hiden.0'] })).toThrow(/no layer "hiden\.0"[\s\S]*layers are hidden\.0/)
  expect(() => barrier(staged, pair, { alphas: [] })).toThrow(/at least one/)
  expect(() => barrier(staged, pair, { alphas: [NaN] })).toThrow(/finite number, got NaN/)
  expect(() => windowScan(staged, pair, { width: 5 })).toThrow(/from 1 to 4, got 5/)
  expect(() => cumulativeScan(staged, pair, { order: [0, 1, 1, 2] })).toThrow(/each of 0 … 3 once/)
  expect(() => barrierAt(barrier(staged, pair).a!, 'accuracy')).toThrow(/one of loss, error, got "accuracy"/)
  const half = stagedEvaluator({
    stages: stagesOf(['hidden.0']),
    batches: [{ input: x, target: y, examples: 40 }],
    measure: classification,
  })
  expect(() => barrier(half, pair)).toThrow(/no stage reads "hidden\.1\.weight"/)
  dispose(other)
})
