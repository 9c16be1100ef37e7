import {
  argMax,
  createBackend,
  mean,
  normParams,
  randomKey,
  reshape,
  scope,
  square,
  subtract,
  tensor,
  zeros,
  type Params,
  type Tensor,
} from '@lemanic/tensor-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  applyPermutations,
  barrier,
  barrierAt,
  chainSpec,
  connectivityFromJson,
  connectivityToJson,
  directionInNullSpace,
  directionInSubspace,
  functionSimilarity,
  heatMap,
  interpolate,
  layerDistances,
  layersByBarrier,
  linearAssignment,
  linearCka,
  matchedRandom,
  matchWeights,
  measureConnectivity,
  modelPair,
  orderLayers,
  recomputeStatistics,
  shareInSubspace,
  singleEvaluator,
  trainingSubspace,
  type ModelPair,
} from '../index.js'
import { layerDirection } from './matched-random.js'
import { evaluators, fromHost, golden, layerNames, stagesOf } from './test-support.js'

let pair: ModelPair
beforeAll(async () => {
  await createBackend()
  pair = modelPair(fromHost(golden.barrier.a), fromHost(golden.barrier.b))
})
const data = () => [tensor(golden.barrier.x), tensor(Int32Array.from(golden.barrier.y))] as const

const predictions = (model: Params, x: Tensor): Tensor =>
  scope(() => {
    const one = Object.fromEntries(Object.entries(model).map(([k, v]) => [k, reshape(v, [1, ...v.shape])]))
    const logits = stagesOf(layerNames).reduce((state, { apply }) => apply(one, state), reshape(x, [1, ...x.shape]))
    return reshape(argMax(logits, -1), [x.shape[0]!])
  })

describe('linear assignment', () => {
  test.each(golden.assignment.map((item) => [item.cost.length, item] as const))(
    'of scipy, n = %i',
    (_, { cost, columns, total }) => {
      const found = linearAssignment(cost)
      if (columns !== null) expect([...found]).toEqual(columns)
      expect([...found].sort((x, y) => x - y)).toEqual(cost.map((_, i) => i))
      expect(found.reduce((sum, column, row) => sum + cost[row]![column]!, 0)).toBeCloseTo(total, 10)
    },
  )

  test('is no dearer than any other of up to 6! assignments', () => {
    const square = fc.integer({ min: 1, max: 6 }).chain((n) =>
      fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: n, maxLength: n }), {
        minLength: n,
        maxLength: n,
      }),
    )
    fc.assert(
      fc.property(square, (cost) => {
        const found = linearAssignment(cost).reduce((sum, column, row) => sum + cost[row]![column]!, 0)
        expect(found).toBe(cheapest(cost, 0, new Set()))
      }),
      { seed: 7, numRuns: 200 },
    )
  })

  test('refuses what is not square or not finite', () => {
    expect(linearAssignment([])).toHaveLength(0)
    expect(() => linearAssignment([[1, 2]])).toThrow(/square/)
    expect(() =>
      linearAssignment([
        [1, 2],
        [NaN, 0],
      ]),
    ).toThrow(/finite costs, got NaN in row 1, column 0/)
  })
})

function cheapest(cost: number[][], row: number, taken: Set<number>): number {
  if (row === cost.length) return 0
  return Math.min(
    ...cost[row]!.flatMap((value, column) =>
      taken.has(column) ? [] : [value + cheapest(cost, row + 1, new Set([...taken, column]))],
    ),
  )
}

describe('permutations', () => {
  test('the numbering that scipy finds', () => {
    const [a, b] = [fromHost(golden.matching.a), fromHost(golden.matching.b)]
    const { permutations, similarity } = matchWeights(a, b, { spec: chainSpec(a, layerNames), key: randomKey(1) })
    for (const [name, order] of Object.entries(golden.matching.permutations))
      expect([...permutations[name]!]).toEqual(order)
    similarity.slice(1).forEach((value, i) => expect(value).toBeGreaterThanOrEqual(similarity[i]! - 1e-9))
  })

  test('a renumbered copy computes the same, has a barrier, and has none after matching', () => {
    const [x] = data()
    // labels that the model gets right
    const { staged } = evaluators(layerNames, x, predictions(pair.a, x))
    const spec = chainSpec(pair.a, layerNames)
    const orders = { 'hidden.0': Int32Array.of(3, 1, 0, 2, 6, 5, 4), 'hidden.2': Int32Array.of(5, 4, 3, 2, 1, 0) }
    const copy = applyPermutations(pair.a, spec, orders)
    const before = barrier(staged, modelPair(pair.a, copy))
    expect(before.endpoints.b.loss).toBeCloseTo(before.endpoints.a.loss!, 5)
    expect(barrierAt(before.a!, 'loss')).toBeGreaterThan(0.05)
    const { params, passes } = matchWeights(pair.a, copy, { spec, key: randomKey(2) })
    for (const [name, value] of Object.entries(params))
      expect([...value.dataSync()]).toEqual([...pair.a[name]!.dataSync()])
    expect(passes).toBeLessThan(10)
    expect(Math.abs(barrierAt(barrier(staged, modelPair(pair.a, params)).a!, 'loss'))).toBeLessThan(1e-6)
  })

  test('tiles permute the channels of each position', () => {
    const params = { 'conv.weight': tensor([[10, 20, 30]]), 'out.weight': tensor([[1, 2, 3, 4, 5, 6]]) }
    const spec = { 'conv.weight': [null, 'c'], 'out.weight': [null, { permutation: 'c', tiles: 2 }] }
    const moved = applyPermutations(params, spec, { c: Int32Array.of(2, 0, 1) })
    expect([...moved['conv.weight']!.dataSync()]).toEqual([30, 10, 20])
    expect([...moved['out.weight']!.dataSync()]).toEqual([3, 1, 2, 6, 4, 5])
  })

  test('specs that do not fit are refused', () => {
    const params = { 'a.weight': zeros([3, 2]), 'b.weight': zeros([1, 4]) }
    expect(() => applyPermutations(params, { 'a.weight': ['p', null], 'b.weight': [null, 'p'] }, {})).toThrow(
      /expected 3 units of "p"/,
    )
    expect(() => applyPermutations(params, { 'a.weight': ['p'], 'b.weight': [null, null] }, {})).toThrow(
      /expected 2 axes, got 1/,
    )
    expect(() => applyPermutations(params, { 'a.weight': ['p', 'p'], 'b.weight': [null, null] }, {})).toThrow(
      /one axis at most/,
    )
    expect(() =>
      applyPermutations(params, { 'a.weight': ['p', null], 'b.weight': [null, null] }, { p: Int32Array.of(0, 0, 1) }),
    ).toThrow(/no permutation of 0 … 2/)
  })
})

test('distances and cosines of numpy', () => {
  layerDistances(pair).forEach((found, i) => {
    const expected = golden.barrier.distances[i]!
    expect(found.name).toBe(expected.name)
    expect(found.distance).toBeCloseTo(expected.distance, 9)
    expect(found.cosine).toBeCloseTo(expected.cosine, 9)
  })
})

test('function similarity of numpy; CKA by Gram matrices; invariances', () => {
  const { a, b, tolerance, ...expected } = golden.barrier.logits
  const [x, y] = [tensor(a), tensor(b)]
  const found = functionSimilarity(x, y, { tolerance })
  expect(expected.agreement).toBeLessThan(1)
  expect(found.agreement).toBeCloseTo(expected.agreement, 12)
  expect(found.closeProbabilities).toBeCloseTo(expected.closeProbabilities, 12)
  expect(found.cka).toBeCloseTo(expected.cka, 5)
  const turned = tensor(a.map(([p, q, r]) => [2 * q! + 1, -2 * p!, 2 * r! - 7]))
  expect(linearCka(x, turned)).toBeCloseTo(1, 5)
  expect(functionSimilarity(x, x)).toMatchObject({ agreement: 1, closeProbabilities: 1 })
  expect(() => functionSimilarity(x, tensor([[1, 2, 3]]))).toThrow(/same examples, got \[40, 3\] and \[1, 3\]/)
})

describe('random controls', () => {
  test('directions are as long as the layer is far, and differ from draw to draw', () => {
    const distances = layerDistances(pair)
    distances.forEach(({ distance }, index) => {
      const direction = layerDirection(pair, index, distance, randomKey(3))
      expect(Object.keys(direction)).toEqual(pair.layers[index]!.keys)
      expect(Math.abs(normParams(direction).item() / distance - 1)).toBeLessThan(1e-6)
      const other = layerDirection(pair, index, distance, randomKey(4))
      expect([...Object.values(other)[0]!.dataSync()]).not.toEqual([...Object.values(direction)[0]!.dataSync()])
    })
  })

  test('a quadratic bowl: ε − ε(base) is α² ‖W₁ − W₂‖² in every direction', () => {
    const at = (value: number): Params => ({ 'x.weight': tensor([value, 0, 0]), 'y.weight': tensor([0, 2 * value]) })
    const bowl = singleEvaluator({ measure: (params) => ({ loss: normParams(params).item() ** 2 }) })
    const [x, y] = matchedRandom(bowl, modelPair(at(0), at(3)), {
      key: randomKey(1),
      alphas: [0.5, 1],
      draws: 3,
      bases: ['a'],
    })
    for (const [control, square] of [
      [x!, 9],
      [y!, 36],
    ] as const)
      for (const { alpha, draws, vsBase } of control.points) {
        expect(draws).toHaveLength(3)
        expect(vsBase.loss).toBeCloseTo(alpha ** 2 * square, 4)
      }
  })

  test('the three evaluators agree on shifted models', () => {
    const [x, y] = data()
    const { single, stacked, staged } = evaluators(layerNames, x, y, 7)
    const options = { key: randomKey(5), draws: 3, alphas: [0.5, 1] }
    const expected = matchedRandom(single, pair, options)
    for (const evaluator of [stacked, staged])
      matchedRandom(evaluator, pair, options).forEach(({ points }, layer) =>
        points.forEach(({ mean: found }, i) =>
          expect(found.loss).toBeCloseTo(expected[layer]!.points[i]!.mean.loss!, 4),
        ),
      )
  })
})

describe('training subspace', () => {
  const { snapshots, probe, rank, share } = golden.subspace
  const params = (row: number[]): Params => ({ 'a.weight': tensor([row.slice(0, 6)]), 'a.bias': tensor(row.slice(6)) })

  test('rank and projection of the singular value decomposition', () => {
    const subspace = trainingSubspace(snapshots.map(params))
    expect(subspace.basis).toHaveLength(rank)
    expect(rank).toBe(5) // a repeated snapshot adds nothing
    expect(shareInSubspace(subspace, params(probe))).toBeCloseTo(share, 9)
  })

  test('directions have length 1 and lie in the subspace, or orthogonal to it', () => {
    const subspace = trainingSubspace(snapshots.map(params))
    for (let seed = 0; seed < 5; seed++) {
      const [inside, outside] = [
        directionInSubspace(subspace, randomKey(seed)),
        directionInNullSpace(subspace, randomKey(seed)),
      ]
      for (const direction of [inside, outside]) expect(normParams(direction).item()).toBeCloseTo(1, 5)
      expect(shareInSubspace(subspace, inside)).toBeCloseTo(1, 5)
      expect(shareInSubspace(subspace, outside)).toBeLessThan(1e-10)
    }
  })

  test('one layer by name; nothing left over is refused', () => {
    expect(trainingSubspace(snapshots.map(params), { names: ['a.bias'] }).dimension).toBe(8)
    const whole = trainingSubspace([tensor([1, 0]), tensor([0, 1])].map((x) => ({ x })))
    expect(() => directionInNullSpace(whole, randomKey(1))).toThrow(/span all 2 dimensions/)
    expect(() => trainingSubspace([])).toThrow(/at least one snapshot/)
  })
})

describe('statistics of norm layers', () => {
  const { batches, mean: expectedMean, variance: expectedVariance } = golden.statistics
  const model = (value: number): Params => ({
    'norm.gain': tensor([1, 1, 1, 1]),
    'norm.runningMean': tensor([value, value, value, value]),
    'norm.runningVariance': tensor([value, value, value, value]),
  })

  test('recomputed over unequal batches as over all values together', () => {
    const fresh = scope(() =>
      recomputeStatistics({
        params: model(0),
        batches: batches.map((batch) => tensor(batch)),
        forward(_, batch, collect) {
          const centre = mean(batch, 0)
          collect(
            { mean: 'norm.runningMean', variance: 'norm.runningVariance' },
            { mean: centre, variance: mean(square(subtract(batch, centre)), 0), count: batch.shape[0]! },
          )
        },
      }),
    )
    ;[...fresh['norm.runningMean']!.dataSync()].forEach((value, k) => expect(value).toBeCloseTo(expectedMean[k]!, 5))
    ;[...fresh['norm.runningVariance']!.dataSync()].forEach((value, k) =>
      expect(value).toBeCloseTo(expectedVariance[k]!, 4),
    )
    expect([...fresh['norm.gain']!.dataSync()]).toEqual([1, 1, 1, 1])
  })

  test('mixed, or kept as the base has them', () => {
    const first = (params: Params): number => params['norm.runningMean']!.dataSync()[0] as number
    expect(first(interpolate(model(1), model(3), 0.5))).toBe(2)
    expect(first(interpolate(model(1), model(3), 0.5, { statistics: 'base' }))).toBe(1)
    expect(first(interpolate(model(1), model(3), 0.5, { statistics: 'base', base: 'b' }))).toBe(3)
    const direction = layerDirection(modelPair(model(1), model(3)), 0, 1, randomKey(1))
    expect(Object.keys(direction)).toEqual(['norm.gain'])
  })
})

describe('records', () => {
  const record = () => {
    const [x, y] = data()
    return measureConnectivity(evaluators(layerNames, x, y).staged, pair, {
      time: 3,
      windows: [2, 3],
      random: { key: randomKey(1), draws: 2 },
    })
  }

  test('come back from JSON, numbers that are not finite included', () => {
    const whole = record()
    expect(connectivityFromJson(connectivityToJson(whole))).toEqual(whole)
    const odd = { ...whole, time: Infinity, endpoints: { a: { loss: NaN }, b: { loss: -Infinity } } }
    expect(connectivityFromJson(connectivityToJson(odd))).toEqual(odd)
    expect(() => connectivityFromJson('{"version": 2}')).toThrow(/version 1, got version 2/)
    expect(() => connectivityFromJson('{')).toThrow(/expected JSON/)
  })

  test('make heat maps that are not rounded; what is not finite is null', () => {
    const whole = record()
    const map = heatMap([whole, { ...whole, time: 7 }], { measure: 'loss', base: 'b' })
    expect(map.rows).toEqual([...layerNames, 'full'])
    expect(map.columns).toEqual(['3', '7'])
    expect(map.cells[1]![0]).toBe(barrierAt(whole.singles[1]!.b!, 'loss'))
    expect(layersByBarrier(whole, 'loss')).toHaveLength(4)
    const windows = heatMap([whole], { measure: 'error', entries: ({ windows }) => windows['2']! })
    expect(windows.rows).toEqual(['hidden.0…hidden.1', 'hidden.1…hidden.2', 'hidden.2…out'])
  })

  test('orders: ends first, middle first, random and own', () => {
    expect(orderLayers(5, 'outer-first')).toEqual([0, 4, 1, 3, 2])
    expect(orderLayers(4, 'outer-first')).toEqual([0, 3, 1, 2])
    expect(orderLayers(4, 'inner-first')).toEqual([2, 1, 3, 0])
    expect(orderLayers(3, 'deep')).toEqual([2, 1, 0])
    expect(orderLayers(9, { random: randomKey(1) }).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(orderLayers(2, [1, 0])).toEqual([1, 0])
  })
})
