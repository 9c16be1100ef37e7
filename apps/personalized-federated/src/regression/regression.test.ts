import { meanAggregator } from '@lemanic/fed-opt'
import { randomKey } from '@lemanic/tensor-core'
import { expect, test } from 'vitest'
import { presetSizes } from '../options.js'
import { contextOf, smokeOptions } from '../testing/support.js'
import { createRegression, distance, errorsOf, subset } from './problem.js'
import { attackedMetric, fixedRadiusOf, runByzantine } from './run-byzantine.js'
import { matrixMetric, matrixRules, overAttacks, runMatrix } from './run-matrix.js'
import { quantileFor } from './run-regression.js'

const sizes = presetSizes.laptop.regression

test('a quantile leaves one member of a cluster out of the ball', () => {
  for (const [clusters, size] of [
    [4, 4],
    [4, 16],
    [16, 4],
    [4, 10],
  ] as const) {
    // the ⌊Nq⌋-th smallest distance from 0, counting the centre itself
    const inside = Math.floor(clusters * size * quantileFor(clusters, size)) + 1
    expect(inside).toBe(size - 1)
  }
})

test('a subset of clients answers as they do', () => {
  const { clients } = createRegression(sizes, randomKey(1))
  const few = subset(clients, [5, 0, 17])
  const models = clients.init(randomKey(0), 1)
  const ask = (chosen: number[]) => ({
    models,
    clients: chosen,
    rows: chosen.map(() => 0),
    batch: 0,
    key: randomKey(0),
  })
  expect(few.count).toBe(3)
  expect(few.gradients(ask([2, 0])).gradients.toVectors()).toEqual(
    clients.gradients(ask([17, 5])).gradients.toVectors(),
  )
  expect([...few.losses(ask([1]))]).toEqual([...clients.losses(ask([0]))])
})

test('errors are distances to the optimum of the own cluster', () => {
  const problem = createRegression(sizes, randomKey(1))
  const zero = problem.clients.init(randomKey(0), 40)
  for (const error of errorsOf(zero, problem)) expect(error).toBeCloseTo(sizes.scale, 5)
  expect(distance([0, 3], [4, 0])).toBe(5)
  expect(fixedRadiusOf(sizes)).toBeCloseTo(Math.sqrt(Math.sqrt(10 / 12) * Math.SQRT2 * 5), 12)
})

test('without attackers all attacks are one; large gradients ruin the global model only', async () => {
  const regression = { ...smokeOptions.regression, attackedRounds: 40, attackers: [0, 3] }
  const { metrics } = await runByzantine(0, contextOf({ options: { ...smokeOptions, regression } }))
  const at = (rule: 'global' | 'fc fixed' | 'fc quantile', attack: 'bit flip' | 'large gradient', n: number) =>
    metrics[attackedMetric(rule, attack, n)]!
  expect(at('global', 'bit flip', 0)).toBe(at('global', 'large gradient', 0))
  expect(at('global', 'large gradient', 1)).toBeGreaterThan(1e3)
  // far points are outside, but count among those that do not move the centre
  expect(at('fc fixed', 'large gradient', 1) / at('fc fixed', 'large gradient', 0)).toBeLessThan(1.1)
  expect(at('fc quantile', 'large gradient', 1)).toBeLessThan(5)
}, 120_000)

test('the matrix: the mean of honest clients is where it should be, and label flip is no forged row', async () => {
  const matrix = { ...smokeOptions.matrix, rounds: 60, heterogeneity: [0] }
  const { metrics } = await runMatrix(0, contextOf({ options: { ...smokeOptions, matrix } }))
  const cell = (rule: string, attack: string) => metrics[matrixMetric(rule, attack, 0)]!
  // 20 clients with noise 1: the mean with the four that attack later is close to that without
  expect(cell('mean', 'none')).toBeLessThan(0.2)
  expect(cell('mean', 'large gradient')).toBeGreaterThan(1e4)
  for (const rule of ['coordinate median', 'trimmed mean', 'NNM + median'])
    expect(cell(rule, 'large gradient')).toBeLessThan(1)
  // with one cluster at the origin flipped targets are as good as true ones
  expect(cell('mean', 'label flip')).toBeLessThan(0.3)
  expect(overAttacks(metrics, 'mean', 0, 'worst')).toBe(cell('mean', 'large gradient'))
  expect(matrixRules.mean!(4).name).toBe(meanAggregator().name)
}, 120_000)
