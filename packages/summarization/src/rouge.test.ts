import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { rougeL, rougeN, rougeWords, type RougeScore } from './index.js'
import { longestCommonSubsequence } from './rouge-l.js'

type Triple = readonly [precision: number, recall: number, fMeasure: number]

interface Golden {
  readonly cases: readonly (Readonly<Record<'candidate' | 'reference', string>> &
    Readonly<Record<'rouge1' | 'rouge2' | 'rouge3' | 'rougeL', Triple>>)[]
}

// Written by tools/parity/rouge-golden.py.
const golden = JSON.parse(readFileSync(new URL('./fixtures/rouge.json', import.meta.url), 'utf8')) as Golden

function expectScore({ precision, recall, fMeasure }: RougeScore, expected: Triple): void {
  expect(precision).toBeCloseTo(expected[0], 12)
  expect(recall).toBeCloseTo(expected[1], 12)
  expect(fMeasure).toBeCloseTo(expected[2], 12)
}

test('agrees with the independent implementation', () => {
  expect(golden.cases).toHaveLength(40)
  for (const { candidate, reference, ...scores } of golden.cases) {
    expectScore(rougeN(candidate, reference, { n: 1 }), scores.rouge1)
    expectScore(rougeN(candidate, reference, { n: 2 }), scores.rouge2)
    expectScore(rougeN(candidate, reference, { n: 3 }), scores.rouge3)
    expectScore(rougeL(candidate, reference), scores.rougeL)
  }
})

// Lin 2004, §3.1: both candidates share one bigram with the reference, but only one keeps its word order.
test('the example of the ROUGE paper', () => {
  const reference = 'police killed the gunman'
  expect(rougeL('police kill the gunman', reference).fMeasure).toBe(0.75)
  expect(rougeL('the gunman kill police', reference).fMeasure).toBe(0.5)
  for (const candidate of ['police kill the gunman', 'the gunman kill police']) {
    expect(rougeN(candidate, reference, { n: 2 }).recall).toBeCloseTo(1 / 3, 12)
  }
})

test('a repeated word counts as often as the reference has it', () => {
  expectScore(rougeN('the the the the', 'the lake', { n: 1 }), [1 / 4, 1 / 2, 1 / 3])
})

test('words: case, punctuation and other scripts', () => {
  expect(rougeWords("It's 5°C in Genève—brrr!")).toEqual(['it', 's', '5', 'c', 'in', 'genève', 'brrr'])
  expect(rougeL('湖 山', '湖 川 山').recall).toBeCloseTo(2 / 3, 12)
})

test('a tokenizer of the caller replaces the words', () => {
  expect(rougeN('ab', 'ba', { n: 1, tokenize: (text) => [...text] }).fMeasure).toBe(1)
})

const sentence = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 }).map((words) => words.join(' '))

test('precision and recall change places with the texts; a text equals itself', () => {
  fc.assert(
    fc.property(sentence, sentence, (first, second) => {
      for (const measure of [rougeL, (a: string, b: string) => rougeN(a, b, { n: 2 })]) {
        const there = measure(first, second)
        const back = measure(second, first)
        expectScore(there, [back.recall, back.precision, back.fMeasure])
      }
      if (first !== '') expect(rougeL(first, first)).toEqual({ precision: 1, recall: 1, fMeasure: 1 })
      expect(rougeL(first, second).recall).toBeLessThanOrEqual(rougeN(first, second, { n: 1 }).recall + 1e-12)
    }),
  )
})

test('an empty side scores 0', () => {
  for (const [candidate, reference] of [
    ['', 'a b'],
    ['a b', ''],
    ['', ''],
  ]) {
    expectScore(rougeL(candidate, reference), [0, 0, 0])
    expectScore(rougeN(candidate, reference, { n: 2 }), [0, 0, 0])
  }
  expect(longestCommonSubsequence([], ['a'])).toBe(0)
})

test.each([0, -1, 1.5])('refuses n = %d', (n) => {
  expect(() => rougeN('a', 'a', { n })).toThrow(/"n" to be an integer from 1/)
})
