import { expect, test } from 'vitest'
import { editDistance, nearestWord } from './nearest-word.js'

test('distances are those of optimal string alignment', () => {
  expect(editDistance('kitten', 'sitting')).toBe(3)
  expect(editDistance('', 'abc')).toBe(3)
  expect(editDistance('abc', '')).toBe(3)
  expect(editDistance('preset', 'preset')).toBe(0)
  expect(editDistance('prseet', 'preset')).toBe(1)
  expect(editDistance('ca', 'abc')).toBe(3)
})

test('there is always a nearest word, the first of equals', () => {
  expect(nearestWord('cotfromer', ['laser', 'cotformer', 'doge'])).toBe('cotformer')
  expect(nearestWord('COTFORMER', ['laser', 'cotformer'])).toBe('cotformer')
  expect(nearestWord('nosuch', ['bench', 'list', 'doctor'])).toBe('bench')
  expect(nearestWord('zzzzzz', ['ab', 'cd'])).toBe('ab')
  expect(nearestWord('word', [])).toBeUndefined()
})
