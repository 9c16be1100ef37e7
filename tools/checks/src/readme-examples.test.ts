import { expect, test } from 'vitest'
import { extractExamples, missingOutput } from '../../config/readme-examples.js'

test('only plain ts blocks are examples; arrows are their output', () => {
  const markdown = [
    '# x',
    '```sh',
    'npm i',
    '```',
    '```ts',
    'console.log(1) // → 1',
    '// → 2 3',
    '```',
    '```ts sketch',
    'interface X {}',
    '```',
  ].join('\n')
  expect(extractExamples(markdown)).toEqual([
    { line: 5, code: 'console.log(1) // → 1\n// → 2 3', expected: ['1', '2 3'] },
  ])
})

test('an open block is an error', () =>
  expect(() => extractExamples('x\n```ts\nfoo')).toThrow(/line 2 is never closed/))

test('output must come in its order, other lines may stand between', () => {
  expect(missingOutput(['a', 'b'], ['a', 'log', 'b'])).toBeUndefined()
  expect(missingOutput(['a', 'b'], ['b', 'a'])).toBe('b')
  expect(missingOutput(['a'], [])).toBe('a')
})
