import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { normalQuantile } from '../statistics/normal.js'
import { seededRandom } from '../statistics/seeded-random.js'
import type { Claim, ClaimTest } from './claim.js'
import { type Evidence, judgeClaims } from './judge-claims.js'

function claimOf(test: ClaimTest, more: Partial<Claim> = {}): Claim {
  return { id: 'A', statement: 'S', source: { sentence: 'S', place: 'T' }, test, ...more }
}

/** Evidence of arms a (the values), b (all 10) and c (all 20), one run each seed. */
function evidence(values: readonly number[], more: Partial<Evidence> = {}): Evidence {
  const seeds = values.map((_, seed) => seed)
  return {
    preset: 'laptop',
    verdicts: true,
    seeds,
    arms: ['a', 'b', 'c'],
    runs: seeds.flatMap((seed) => [
      { arm: 'a', seed, metrics: { loss: 10 + values[seed]! } },
      { arm: 'b', seed, metrics: { loss: 10 } },
      { arm: 'c', seed, metrics: { loss: 20 } },
    ]),
    unitOfMetric: () => 'nats',
    ...more,
  }
}

const less: ClaimTest = { kind: 'difference', metric: 'loss', arm: 'a', against: 'b', direction: 'less' }
const clearlyBelow = [-1.1, -0.9, -1.2, -1, -0.8, -1.05]

function judge(test: ClaimTest, values: readonly number[], more: Partial<Claim> = {}, facts: Partial<Evidence> = {}) {
  return judgeClaims([claimOf(test, more)], evidence(values, facts))[0]!
}

describe('verdicts', () => {
  test('a difference beyond its margin is supported, the opposite contradicted, neither inconclusive', () => {
    expect(judge(less, clearlyBelow).verdict).toBe('supported')
    expect(judge({ ...less, direction: 'greater' }, clearlyBelow).verdict).toBe('contradicted')
    expect(judge(less, [-1, 1, -0.5, 0.6, 0.1, -0.1]).verdict).toBe('inconclusive')
    expect(judge({ ...less, margin: 0.5 }, clearlyBelow).verdict).toBe('supported')
    expect(judge({ ...less, margin: 2 }, clearlyBelow).verdict).toBe('contradicted')
    expect(judge({ ...less, margin: 1 }, clearlyBelow).verdict).toBe('inconclusive')
  })

  test('an uncorrected p below 0.05 says that the 95 % interval excludes the boundary', () => {
    const values = fc.array(fc.double({ min: -3, max: 2, noNaN: true }), { minLength: 5, maxLength: 9 })
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (differences, margin) => {
        fc.pre(new Set(differences).size > 1)
        const { p, opposite, effect } = judge({ ...less, margin }, differences)
        fc.pre([p!, opposite!.p].every((value) => Math.abs(value - 0.05) > 1e-9))
        expect(p! < 0.05).toBe(effect!.ci95[1] < -margin)
        expect(opposite!.p < 0.05).toBe(effect!.ci95[0] > -margin)
      }),
      { seed: 1, numRuns: 150 },
    )
  })

  test('equivalence: inside the margin supported, beyond contradicted, across inconclusive', () => {
    const same: ClaimTest = { kind: 'equivalence', metric: 'loss', arm: 'a', against: 'b', margin: 0.5 }
    expect(judge(same, [0.1, -0.1, 0.05, 0, -0.02, 0.03]).verdict).toBe('supported')
    expect(judge(same, clearlyBelow).verdict).toBe('contradicted')
    expect(judge(same, [-1, 1, -0.9, 0.8, 0.9, -1]).verdict).toBe('inconclusive')
  })

  test('relative differences are in percent of the other arm', () => {
    const { effect, verdict } = judge({ ...less, relative: true, margin: 5 }, clearlyBelow)
    expect(effect!.unit).toBe('%')
    expect(effect!.value).toBeCloseTo(-10.08, 1)
    expect(verdict).toBe('supported')
  })

  test('a trend tests the slope of each seed', () => {
    const rising: ClaimTest = {
      kind: 'trend',
      metric: 'loss',
      arms: ['a', 'b', 'c'],
      direction: 'greater',
      positions: [0, 1, 2],
    }
    const result = judge(rising, clearlyBelow)
    expect(result.effect!.value).toBeCloseTo((20 - 10 + 1.008) / 2, 2)
    expect(result.verdict).toBe('supported')
  })

  test('a threshold compares one arm with a number', () => {
    const below: ClaimTest = { kind: 'threshold', metric: 'loss', arm: 'a', value: 9.5, direction: 'less' }
    expect(judge(below, clearlyBelow).verdict).toBe('supported')
    expect(judge({ ...below, value: 8 }, clearlyBelow).verdict).toBe('contradicted')
  })

  test('a contrast tests whatever it computes', () => {
    const interaction: ClaimTest = {
      kind: 'contrast',
      arms: ['a', 'b', 'c'],
      description: 'a − b against b − c',
      unit: 'nats',
      of: ({ a, b, c }) => a!.loss! - b!.loss! - (b!.loss! - c!.loss!),
      direction: 'greater',
    }
    const result = judge(interaction, clearlyBelow)
    expect(result.effect!.value).toBeCloseTo(9, 0)
    expect(result.verdict).toBe('supported')
  })

  test('an identity has no p: one seed is enough, one disagreement contradicts', () => {
    const same: ClaimTest = { kind: 'identity', metric: 'loss', arm: 'a', against: 'b' }
    expect(judge(same, [0])).toMatchObject({ verdict: 'supported', p: null, opposite: null, n: 1 })
    expect(judge(same, [0, 0, 1e-9])).toMatchObject({ verdict: 'contradicted' })
    expect(judge({ ...same, tolerance: 1e-6 }, [0, 0, 1e-9])).toMatchObject({ verdict: 'supported' })
  })

  test('an exact threshold has no p either: every seed keeps to the value, which may be reached', () => {
    const budget: ClaimTest = {
      kind: 'threshold',
      metric: 'loss',
      arm: 'a',
      value: 10,
      direction: 'less',
      method: 'exact',
    }
    expect(judge(budget, [0])).toMatchObject({ verdict: 'supported', p: null, opposite: null, n: 1 })
    expect(judge(budget, [-1, -1, -1])).toMatchObject({ verdict: 'supported', test: { method: 'exact' } })
    expect(judge(budget, [-1, -1, 1e-9])).toMatchObject({
      verdict: 'contradicted',
      reason: '1 of 3 seeds do not keep to 10',
    })
    expect(judge({ ...budget, direction: 'greater' }, [1, 0])).toMatchObject({ verdict: 'supported' })
  })

  test('sign flips need six seeds, and then judge differences without spread', () => {
    const flips: ClaimTest = { ...less, method: 'sign-flip' }
    expect(judge(flips, [-1, -1, -1, -1, -1])).toMatchObject({
      verdict: 'inconclusive',
      reason: 'too few seeds: 5 of at least 6',
    })
    expect(judge(flips, [-1, -1, -1, -1, -1, -1])).toMatchObject({ verdict: 'supported', p: 2 / 64 })
    expect(judge({ ...less, method: 'wilcoxon' }, clearlyBelow)).toMatchObject({ verdict: 'supported', p: 2 / 64 })
    expect(judge(less, [-1, -1, -1, -1, -1]).reason).toContain('exactly -1 at every seed')
  })
})

describe('no verdict', () => {
  test('for a preset that is for tests', () => {
    expect(judge(less, clearlyBelow, {}, { verdicts: false, preset: 'smoke' })).toMatchObject({
      verdict: 'inconclusive',
      reason: 'preset smoke is for tests',
      n: 6,
    })
  })

  test('with too few seeds, unless the claim asks for fewer', () => {
    expect(judge(less, clearlyBelow.slice(0, 4)).reason).toBe('too few seeds: 4 of at least 5')
    expect(judge(less, clearlyBelow.slice(0, 4), { minimumSeeds: 3 }).verdict).toBe('supported')
    expect(judge(less, [])).toMatchObject({ verdict: 'inconclusive', effect: null, p: null, n: 0 })
  })

  test('while runs are missing', () => {
    const whole = evidence(clearlyBelow)
    const part = { ...whole, runs: whole.runs.filter((run) => !(run.arm === 'a' && run.seed === 2)) }
    const [result] = judgeClaims([claimOf(less)], part)
    expect(result).toMatchObject({ verdict: 'inconclusive', n: 5 })
    expect(result!.reason).toBe('1 of 6 seeds are incomplete, and a verdict needs all of them')
  })

  test('for an arm that the preset lacks or the budget dropped', () => {
    const facts = { arms: ['b', 'c'] }
    expect(judge(less, clearlyBelow, {}, facts).reason).toBe('preset laptop does not run a')
    expect(judge(less, clearlyBelow, {}, { ...facts, dropped: { a: 'no time' } }).reason).toBe(
      'arm a was not run: no time',
    )
  })

  test('for an effect that is not finite', () => {
    const ratio: ClaimTest = {
      kind: 'contrast',
      arms: ['a', 'b'],
      description: 'd',
      unit: '',
      of: () => 1 / 0,
      direction: 'less',
    }
    expect(judge(ratio, clearlyBelow)).toMatchObject({ verdict: 'inconclusive', effect: null, values: [] })
  })
})

describe('many claims', () => {
  test('are Holm-corrected together; identities do not count', () => {
    const weak = [-1.2, -0.3, -0.9, -0.2, -0.6, 0.1]
    const alone = judge(less, weak)
    expect(alone.verdict).toBe('supported')
    const claims = ['A', 'B', 'C', 'D'].map((id) => claimOf(less, { id }))
    const together = judgeClaims(claims, evidence(weak))
    expect(together[0]!.pCorrected).toBeCloseTo(alone.p! * 4, 12)
    expect(together[0]!.verdict).toBe('inconclusive')
    const identity = claimOf({ kind: 'identity', metric: 'loss', arm: 'b', against: 'c' }, { id: 'I' })
    expect(judgeClaims([claims[0]!, identity], evidence(weak))[0]!.pCorrected).toBe(alone.p)
  })

  test('do not depend on the order of runs', () => {
    const facts = evidence(clearlyBelow)
    expect(judgeClaims([claimOf(less)], { ...facts, runs: [...facts.runs].reverse() })).toEqual(
      judgeClaims([claimOf(less)], facts),
    )
  })

  test('a claim without effect is settled, wrongly, at most 5 % of the time', () => {
    const random = seededRandom(4)
    const same: ClaimTest = { kind: 'equivalence', metric: 'loss', arm: 'a', against: 'c', margin: 0.5 }
    let wrong = 0
    const trials = 1200
    for (let trial = 0; trial < trials; trial++) {
      const values = Array.from({ length: 6 }, () => normalQuantile(random() * 0.999998 + 1e-6))
      const verdicts = judgeClaims([claimOf(less), claimOf(same, { id: 'B' })], evidence(values))
      if (verdicts[0]!.verdict !== 'inconclusive') wrong++
    }
    expect(wrong / trials).toBeLessThan(0.07)
  })
})

test('samples give a bootstrap over seeds and items beside the test', () => {
  const random = seededRandom(9)
  const facts = evidence(clearlyBelow)
  const runs = facts.runs.map((run) => ({
    ...run,
    samples: { items: Array.from({ length: 40 }, () => run.metrics.loss! + random() - 0.5) },
  }))
  const [result] = judgeClaims([claimOf({ ...less, samples: 'items' })], { ...facts, runs })
  const [low, high] = result!.effect!.bootstrapCi95!
  expect(low).toBeLessThan(-1)
  expect(high).toBeGreaterThan(-1.03)
  expect(high - low).toBeLessThan(0.5)
  const [without] = judgeClaims([claimOf({ ...less, samples: 'items' })], facts)
  expect(without!.effect!.bootstrapCi95).toBeUndefined()
})
