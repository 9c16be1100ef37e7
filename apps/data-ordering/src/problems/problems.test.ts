import { fillRandomNormal, randomKey } from '@lemanic/tensor-core'
import { describe, expect, test } from 'vitest'
import { fakeDigits } from '../testing/support.js'
import { gradientTable, instanceKeys, squaredMean, type VectorProblem } from '../vector-problem.js'
import { counterExample } from './counter-example.js'
import { logisticProblem } from './logistic.js'
import { quadraticProblem } from './quadratic.js'
import { sigmoidProblem } from './sigmoid.js'

const keys = instanceKeys(randomKey(1), 3, 2)
const problems: VectorProblem[] = [
  quadraticProblem({ size: 12, dimension: 7, keys }),
  counterExample({ size: 12, instances: 2 }),
  sigmoidProblem({ size: 40, dimension: 6, keys }),
  logisticProblem({ size: 40, digits: fakeDigits(100, 10), keys }),
]
const point = (dimension: number, seed: number) =>
  Float64Array.from(fillRandomNormal(randomKey(seed), new Float32Array(dimension)))

describe.each(problems.map((problem) => [problem.name, problem] as const))('%s', (_, problem) => {
  const { size, dimension, smoothness } = problem

  test('the gradient of f is the mean of those of its components, on every instance', () => {
    for (const instance of [0, 1]) {
      const x = point(2 * dimension, 5)
      const expected = squaredMean(gradientTable(problem, instance, x, dimension), size, dimension)
      expect(problem.squaredNorm(instance, x, dimension) / expected).toBeCloseTo(1, 9)
    }
  })

  test('∇f changes by at most L times the way', () => {
    for (let seed = 0; seed < 20; seed++) {
      const x = point(dimension, seed)
      const y = x.map((value, k) => value + point(dimension, seed + 100)[k]! * (seed % 2 === 0 ? 1 : 1e-3))
      const [a, b] = [gradientTable(problem, 1, x), gradientTable(problem, 1, y)]
      const change = a.map((value, at) => value - b[at]!)
      const way = Math.hypot(...x.map((value, k) => value - y[k]!))
      expect(Math.sqrt(squaredMean(change, size, dimension))).toBeLessThanOrEqual(smoothness * way * (1 + 1e-9))
    }
  })

  test('lanes do not see one another', () => {
    const x = point(3 * dimension, 8)
    const out = new Float64Array(3 * dimension)
    problem.gradients(Int32Array.of(3, 0, 5), Int32Array.of(1, 0, 1), x, out)
    const alone = gradientTable(problem, 1, x, 2 * dimension).slice(5 * dimension, 6 * dimension)
    expect([...out.slice(2 * dimension)]).toEqual([...alone])
  })
})

test('instances differ and are those of the seed alone', () => {
  const again = sigmoidProblem({ size: 40, dimension: 6, keys: instanceKeys(randomKey(1), 3, 2) })
  const x = point(6, 1)
  expect(gradientTable(again, 0, x)).toEqual(gradientTable(problems[2]!, 0, x))
  expect(gradientTable(again, 0, x)).not.toEqual(gradientTable(again, 1, x))
  expect(instanceKeys(randomKey(1), 1, 3).map(String)).toEqual([3, 4, 5].map((at) => String(randomKey(1).foldIn(at))))
})
