import fc from 'fast-check'
import { expect, test } from 'vitest'
import { describeEstimate, describeSeconds, estimateRuns } from './estimate.js'
import { canonicalJson, fingerprint } from './fingerprint.js'
import { parseShard, planRuns } from './plan-runs.js'

test('runs go seed by seed, so that pairs are complete early', () => {
  expect(planRuns(['a', 'b'], [3, 5])).toEqual([
    { arm: 'a', seed: 3 },
    { arm: 'b', seed: 3 },
    { arm: 'a', seed: 5 },
    { arm: 'b', seed: 5 },
  ])
})

test('the shards of one count divide the runs without overlap, and about evenly', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 15 }),
      (armCount, seedCount, count) => {
        const arms = Array.from({ length: armCount }, (_, index) => `arm${index}`)
        const seeds = Array.from({ length: seedCount }, (_, index) => index * 3)
        const parts = Array.from({ length: count }, (_, index) => planRuns(arms, seeds, { index: index + 1, count }))
        const names = (runs: readonly { arm: string; seed: number }[]) =>
          runs.map((run) => `${run.arm} ${run.seed}`).sort()
        expect(names(parts.flat())).toEqual(names(planRuns(arms, seeds)))
        const sizes = parts.map((part) => part.length)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(count <= seedCount ? armCount : 1)
      },
    ),
    { seed: 1 },
  )
})

test('a shard keeps whole seeds while there are enough', () => {
  const part = planRuns(['a', 'b', 'c'], [0, 1, 2, 3], { index: 2, count: 2 })
  expect([...new Set(part.map((run) => run.seed))]).toEqual([1, 3])
  expect(part).toHaveLength(6)
})

test('shards are written i/n', () => {
  expect(parseShard('3/40')).toEqual({ index: 3, count: 40 })
  for (const wrong of ['0/4', '5/4', '3', 'a/b', '1/0', '-1/3'])
    expect(() => parseShard(wrong)).toThrow(`got '${wrong}'`)
})

test('an estimate deals the runs out to the processes', () => {
  const pace = new Map([
    ['a', 10],
    ['b', 30],
  ])
  const estimate = estimateRuns(planRuns(['a', 'b'], [0, 1, 2]), pace, 2)!
  expect(estimate).toMatchObject({ runs: 6, processes: 2, secondsPerRun: 20, seconds: 70 })
  expect(describeEstimate(estimate)).toBe('6 runs × 20 s / 2 processes ≈ 70 s')
  expect(estimateRuns(planRuns(['a', 'c'], [0]), pace, 2)).toBeUndefined()
  expect(describeEstimate(estimateRuns([], pace, 1)!)).toBe('nothing left to run')
  expect(describeEstimate(estimateRuns([{ arm: 'a', seed: 0 }], pace, 1)!)).toBe('1 run × 10 s / 1 process ≈ 10 s')
})

test('durations are told in the unit that suits them', () => {
  expect([0.42, 21.4, 99, 130, 7 * 60, 130 * 60].map(describeSeconds)).toEqual([
    '0.4 s',
    '21 s',
    '99 s',
    '2 min',
    '7 min',
    '2 h 10 min',
  ])
})

test('fingerprints do not depend on the order of keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).reverse())
      expect(fingerprint(turned)).toBe(fingerprint(value))
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
    { seed: 2 },
  )
  expect(fingerprint({ a: 1 })).not.toBe(fingerprint({ a: 2 }))
  expect(canonicalJson({ b: undefined, a: [1, 'x'] })).toBe('{"a":[1,"x"]}')
})
