import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { relativeBucket } from './score-bias.js'

const golden = JSON.parse(readFileSync(new URL('fixtures/relative-buckets.json', import.meta.url), 'utf8')) as Record<
  string,
  number[]
>

test.each(Object.entries(golden))('buckets of relative positions are those of T5: %s', (options, expected) => {
  const [buckets, maximumDistance, both] = options.split(',')
  const config = { buckets: Number(buckets), maximumDistance: Number(maximumDistance) }
  expect(expected.map((_, i) => relativeBucket(i - 300, config, both === 'True'))).toEqual(expected)
})
