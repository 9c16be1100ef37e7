import { expect, test } from 'vitest'
import { planTest } from './claim-values.js'

const describe = (test: Parameters<typeof planTest>[0]) => planTest(test, () => 'nats').description

test('a computed margin is described with four significant digits, while the test keeps all of them', () => {
  const plan = planTest(
    { kind: 'difference', arm: 'a', against: 'b', metric: 'loss', direction: 'less', margin: 0.1 + 0.2 },
    () => 'nats',
  )
  expect(plan.description).toContain('below -0.3')
  expect(plan.description).not.toContain('0.30000000000000004')
  expect(plan.boundary).toBe(-(0.1 + 0.2))
  expect(describe({ kind: 'threshold', arm: 'a', metric: 'loss', direction: 'greater', value: 1 / 3 })).toMatch(
    /0\.3333$/,
  )
})

test('a margin of zero is never minus zero', () => {
  expect(describe({ kind: 'difference', arm: 'a', against: 'b', metric: 'loss', direction: 'less' })).toMatch(
    /below 0$/,
  )
})
