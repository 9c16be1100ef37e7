import { describe, expect, it } from 'vitest'
import { memoryUnit, ratiosOf, summarize } from './bench.js'
import { timeRound } from './time-round.js'

describe('summaries', () => {
  it('take the middle of any number of rounds', () => {
    expect(summarize('b', 'ours', 'tokens/s', [20, 5, 10])).toEqual({
      bench: 'b',
      backend: 'ours',
      unit: 'tokens/s',
      median: 10,
      min: 5,
      max: 20,
      rounds: 3,
    })
    expect(summarize('b', 'ours', 'tokens/s', [20, 10]).median).toBe(15)
  })

  it('compare every backend of ours with every peer of the same bench', () => {
    const ours = summarize('b', 'ours', 'tokens/s', [10])
    const theirs = summarize('b', 'theirs', 'tokens/s', [5])
    const other = summarize('c', 'theirs', 'tokens/s', [5])
    expect(ratiosOf([ours, theirs, other], ['theirs'])).toEqual([
      { bench: 'b', backend: 'ours', peer: 'theirs', ratio: 2 },
    ])
    expect(ratiosOf([ours, theirs], [])).toEqual([])
  })

  it('call less memory the better', () => {
    const both = [summarize('m', 'ours', memoryUnit, [100]), summarize('m', 'theirs', memoryUnit, [150])]
    expect(ratiosOf(both, ['theirs'])[0]!.ratio).toBe(1.5)
  })
})

/** A clock that only the iterations move, each by `cost(iterations so far)` seconds. */
function measured(cost: (count: number) => number, lengths: { settle: number; timed: number }) {
  let time = 0
  let count = 0
  const seconds = timeRound(
    () => {
      time += cost(count++)
    },
    lengths,
    () => time,
  )
  return { seconds, count }
}

describe('a round', () => {
  it('times only what comes after settling', () => {
    const { seconds, count } = measured((i) => (i < 10 ? 0.1 : 0.01), { settle: 1, timed: 0.5 })
    expect(seconds).toBeCloseTo(0.01, 9)
    expect(count).toBeGreaterThanOrEqual(10 + 50) // as long as asked, though the settling iterations were slower
  })

  it('is one iteration untimed and one timed where an iteration is long', () => {
    expect(measured(() => 2, { settle: 0.3, timed: 0.4 })).toEqual({ seconds: 2, count: 2 })
  })
})
