import { describe, expect, it } from 'vitest'
import { ratiosOf, summarize, type Bench } from './bench.js'

const bench: Bench = { name: 'b', unit: 'tokens/s', work: 10, iterations: 2, peer: {}, prepare: () => () => undefined }

describe('summaries', () => {
  it('turn seconds into rates and take the middle', () => {
    expect(summarize(bench, 'ours', [1, 4, 2])).toEqual({
      bench: 'b',
      backend: 'ours',
      unit: 'tokens/s',
      median: 10,
      min: 5,
      max: 20,
      rounds: 3,
    })
    expect(summarize(bench, 'ours', [1, 2]).median).toBe(15)
  })

  it('compare every backend of ours with the peer of the same bench', () => {
    const ours = summarize(bench, 'ours', [1])
    const theirs = summarize(bench, 'theirs', [2])
    const other = summarize({ ...bench, name: 'c' }, 'theirs', [2])
    expect(ratiosOf([ours, theirs, other], ['theirs'])).toEqual([
      { bench: 'b', backend: 'ours', peer: 'theirs', ratio: 2 },
    ])
    expect(ratiosOf([ours, theirs], [])).toEqual([])
  })
})
