import { createBackend, dispose, type Params, randomKey } from '@lemanic/tensor-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  calibrationByPattern,
  contributions,
  createParallelFusion,
  estimatesOf,
  fitFusion,
  missingByClass,
  missingCompletelyAtRandom,
  perceptronDecoder,
  binaryTask,
  predictGrid,
  robustnessReport,
  scoreGrid,
  shapleyOverOrders,
  trajectoryOf,
  withMissing,
} from '../index.js'
import { exampleData, exampleModel, liveTensors } from '../test-support.js'
import { permutations } from './shapley.js'

const model = exampleModel({ order: 'random' })
const whole = exampleData(400, 2)
const data = withMissing(
  whole,
  missingCompletelyAtRandom({ rows: 400, modalities: 3, probability: 0.2, exact: true, key: randomKey(1) }),
)
let params: Params
beforeAll(async () => {
  await createBackend()
  params = (await fitFusion({ model, data: exampleData(400), key: randomKey(1), epochs: 40 })).params
})
afterAll(() => dispose(params))

test('contributions add up from the first prediction to the last; who is missing contributes nothing', async () => {
  const grid = await predictGrid({ model, params, data })
  const { start, final, of } = contributions(grid, { task: 'sick' })
  for (let row = 0; row < 400; row++) {
    expect(start[row] + of.a[row] + of.b[row] + of.c[row]).toBeCloseTo(final[row], 4)
    for (const name of ['a', 'b', 'c']) expect(of[name][row] === 0).toBe(data.modalities[name].present[row] === 0)
  }
  const positive = whole.targets.sick.values
  const mean = (label: number) => {
    const rows = [...positive.keys()].filter((row) => positive[row] === label)
    return rows.reduce((sum, row) => sum + of.b[row], 0) / rows.length
  }
  expect(mean(1)).toBeGreaterThan(1)
  expect(mean(0)).toBeLessThan(-1)
})

test('a trajectory has a point for each modality that is there', async () => {
  const grid = await predictGrid({ model, params, data, order: ['c', 'b', 'a'] })
  for (const sample of [0, 1, 2, 3, 4, 5, 6, 7]) {
    const points = trajectoryOf(grid, sample, 'grade')
    const there = ['c', 'b', 'a'].filter((name) => data.modalities[name].present[sample] === 1)
    expect(points.map(({ modality }) => modality)).toEqual([null, ...there])
    expect(points.at(-1)!.estimate).toEqual(estimatesOf(grid, 'grade')[sample])
    const moved = points.reduce((sum, { change }) => sum + change[1], points[0].estimate.scores[1])
    expect(moved).toBeCloseTo(points.at(-1)!.estimate.scores[1], 5)
  }
  expect(() => trajectoryOf(grid, 400, 'sick')).toThrow(/from 0 to 399/)
  expect(() => trajectoryOf(grid, 0, 'sik')).toThrow(/did you mean "sick"/)
})

test('Shapley values add up, for every kind of model; without an order that matters they are those of the sets', async () => {
  const parallel = createParallelFusion({
    inputShapes: { a: [3], b: [4], c: [2] },
    decoders: { sick: perceptronDecoder(binaryTask()) },
  })
  const own = parallel.init(randomKey(2))
  const before = liveTensors()
  const [sequential, sets] = [
    await shapleyOverOrders({ model, params, data, task: 'sick' }),
    await shapleyOverOrders({ model: parallel, params: own, data, task: 'sick' }),
  ]
  expect(liveTensors()).toBe(before)
  for (const found of [sequential, sets]) {
    expect(found.orders).toBe(6)
    for (let row = 0; row < 400; row++) {
      const sum = found.of.a[row] + found.of.b[row] + found.of.c[row]
      expect(sum).toBeCloseTo(found.final[row] - found.start[row], 4)
    }
  }
  expect(Math.max(...sets.finalSpread)).toBeLessThan(1e-3) // float32 in squares
  expect(Math.max(...sequential.finalSpread)).toBeGreaterThan(0.05)
  // from the eight sets, by the classic formula
  const score = async (names: string[]) => {
    const grid = await predictGrid({ model: parallel, params: own, data, order: names })
    return estimatesOf(grid, 'sick').map(({ scores }) => scores[0])
  }
  const value = new Map<string, number[]>()
  for (const names of [[], ['a'], ['b'], ['c'], ['a', 'b'], ['a', 'c'], ['b', 'c'], ['a', 'b', 'c']])
    value.set(names.join(''), await score(names))
  const v = (names: string, row: number) => value.get(names)![row]
  for (let row = 0; row < 400; row++) {
    const expected =
      (v('a', row) - v('', row)) / 3 +
      (v('ab', row) - v('b', row)) / 6 +
      (v('ac', row) - v('c', row)) / 6 +
      (v('abc', row) - v('bc', row)) / 3
    expect(sets.of.a[row]).toBeCloseTo(expected, 4)
  }
  const sampled = await shapleyOverOrders({ model, params, data, task: 'sick', orders: 4, key: randomKey(3) })
  expect(sampled.orders).toBe(4)
  await expect(shapleyOverOrders({ model, params, data, task: 'sick', orders: 4 })).rejects.toThrow(/expected a key/)
  expect(permutations(['x', 'y', 'z']).map((order) => order.join(''))).toEqual([
    'xyz',
    'xzy',
    'yxz',
    'yzx',
    'zxy',
    'zyx',
  ])
})

test('calibration by pattern counts every labelled row once', async () => {
  const found = calibrationByPattern(await predictGrid({ model, params, data }), data, { task: 'sick' })
  expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(400)
  expect(found[0].pattern).toBe('a + b + c')
  for (const { error, observed, predicted, bias } of found) {
    expect(error).toBeGreaterThanOrEqual(Math.abs(bias) - 1e-9)
    expect(predicted - observed).toBeCloseTo(bias, 6)
  }
  const grid = await predictGrid({ model, params, data })
  expect(() => calibrationByPattern(grid, data, { task: 'grade' })).toThrow(/"grade", which is multi-class/)
})

test('the robustness report sees a loss of the strong modality, and the data as they were', async () => {
  const labels = whole.targets.sick.values
  const gone = missingByClass({ labels, label: 0, share: 1, modalities: 3, modality: 1, key: randomKey(1) })
  const both = { rows: 400, modalities: 3, present: gone.present.map((_, at) => (at % 3 === 1 ? 0 : 1)) }
  const report = await robustnessReport({ model, params, data: whole, shifts: { 'without b': both } })
  const grid = scoreGrid(await predictGrid({ model, params, data: whole }), whole)
  expect(report.map(({ shift }) => shift)).toEqual(['intact', 'without b'])
  expect(report[0].tasks.sick.auroc).toBe(grid.at(-1)!.tasks.sick.auroc)
  expect(report[1].tasks.sick.auroc).toBeLessThan(report[0].tasks.sick.auroc - 0.1)
  expect(report[1].missing).toBeCloseTo(1 / 3, 9)
})
