import { type DataOrder, meanBalanceOrder, periodVariance, randomReshufflingOrder } from '@lemanic/curriculum'
import { randomKey } from '@lemanic/tensor-core'
import { expect, test } from 'vitest'
import { sigmoidProblem } from './problems/sigmoid.js'
import { type LaneResult, simulate } from './simulate.js'
import { correlationTime } from './theory.js'
import { gradientTable, instanceKeys } from './vector-problem.js'

const keys = instanceKeys(randomKey(2), 0, 3)
const size = 30
const problem = sigmoidProblem({ size, dimension: 4, keys })

function run(stepSizes: number[], orderOf: (instance: number) => DataOrder, epochs = 40): LaneResult[] {
  const work = simulate({ problem, stepSizes, epochs, orderOf })
  let step = work.next()
  while (!step.done) step = work.next()
  return step.value
}
const reshuffled = (instance: number) => randomReshufflingOrder({ size, key: keys[instance]! })
const balanced = (instance: number) => meanBalanceOrder({ size, key: keys[instance]! })

test.each([
  ['an order that does not learn', reshuffled],
  ['one that does', balanced],
] as const)('step sizes run together give the numbers of each alone: %s', (_, orderOf) => {
  const together = run([1, 0.1], orderOf)
  for (const stepSize of [1, 0.1]) {
    expect(together.filter((lane) => lane.stepSize === stepSize)).toEqual(run([stepSize], orderOf))
  }
})

test('σ²_τ along a run is the period variance of the visits at the frozen point', () => {
  const [epochs, stepSize] = [40, 0.5]
  const lane = run([stepSize], reshuffled, epochs)[1]!
  // The same run by hand, in the fewest lines.
  const order = reshuffled(1)
  const x = problem.start(1)
  const gradient = new Float64Array(4)
  const visits: number[] = []
  let frozen = gradientTable(problem, 1, x)
  for (let t = 0; t < epochs * size; t++) {
    if (t === (epochs / 2) * size) frozen = gradientTable(problem, 1, x)
    const unit = order.next()
    if (t >= (epochs / 2) * size) visits.push(unit)
    problem.gradients(Int32Array.of(unit), Int32Array.of(1), x, gradient)
    for (let k = 0; k < 4; k++) x[k]! -= stepSize * gradient[k]!
  }
  const table = { size, dimension: 4, values: frozen }
  const expected = periodVariance(visits, table, correlationTime(problem.smoothness, stepSize))
  expect(lane.periodVariance / expected.average).toBeCloseTo(1, 9)
})

test('an error that is not finite counts as 1e300', () => {
  const explosive = {
    ...problem,
    gradients: (...[, , x, out]: Parameters<typeof problem.gradients>) =>
      out.set(x.map((value) => -1e200 * (value + 1))),
  }
  const work = simulate({ problem: explosive, stepSizes: [1e200], epochs: 4, orderOf: reshuffled })
  let step = work.next()
  while (!step.done) step = work.next()
  expect(step.value[0]!.iterates).toBe(1e300)
})
