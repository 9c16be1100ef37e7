import { randomKey, RandomStream } from '@lemanic/tensor-core'
import { expect, test } from 'vitest'
import { hopPlaces, hopSequence } from './p-hop.js'

test('a hop goes to the place after the previous occurrence', () => {
  const symbols = [0, 1, 2, 0, 3, 1, 0] // from the last 0 back to place 3, one on: 4; 3 has no previous occurrence
  expect([...hopPlaces(symbols, 0)]).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect([...hopPlaces(symbols, 1)]).toEqual([-1, -1, -1, 1, -1, 2, 4])
  expect([...hopPlaces(symbols, 2)]).toEqual([-1, -1, -1, -1, -1, -1, -1])
})

test('sequences say their number of hops, never repeat a symbol at once, and answer at every place that has a way', () => {
  const options = { length: 40, symbols: 4, hops: [1, 3], depth: 2, batchSize: 1, steps: 1, testSequences: 1 }
  const { inputs, targets } = hopSequence(options, 1, new RandomStream(randomKey(3)))
  expect(inputs).toHaveLength(41)
  expect(inputs[0]).toBe(5)
  for (let i = 2; i < 41; i++) expect(inputs[i]).not.toBe(inputs[i - 1])
  const symbols = [...inputs.subarray(1)]
  const answer = (start: number): number => {
    let place = start
    for (let hop = 0; hop < 3; hop++) {
      const before = symbols.lastIndexOf(symbols[place]!, place - 1)
      if (place === 0 || before < 0) return -100
      place = before + 1
    }
    return symbols[place]!
  }
  expect([...targets.subarray(1)]).toEqual(symbols.map((_, place) => answer(place)))
  expect(targets.filter((target) => target >= 0).length).toBeGreaterThan(20)
})
