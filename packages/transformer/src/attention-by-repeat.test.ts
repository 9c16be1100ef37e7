import { createCpuBackend, randomKey, setDefaultBackend, zeros } from '@lemanic/tensor-core'
import { beforeAll, expect, test } from 'vitest'
import { attentionByRepeat } from './attention-by-repeat.js'
import { evaluate } from './evaluate.js'
import { roughParams, someTokens, tinyDecoder } from './testing/tiny-decoder.js'
import { traceExits } from './trace-exits.js'

beforeAll(() => void setDefaultBackend(createCpuBackend()))
const tokens = () => someTokens(1, 9).dataSync() as Int32Array

test('shares of attention sum to 1 over the repeats that there are so far', async () => {
  const model = tinyDecoder({ kind: 'cotformer', begin: 1, layers: 2, repeats: 3 })
  const found = await attentionByRepeat(model, roughParams(model, randomKey(1)), tokens())
  expect(found.map(({ block, visit, heads }) => [block, visit, heads.map(({ length }) => length)])).toEqual([
    [0, 0, [1, 1]],
    [1, 0, [1, 1]],
    [2, 0, [1, 1]],
    [1, 1, [2, 2]],
    [2, 1, [2, 2]],
    [1, 2, [3, 3]],
    [2, 2, [3, 3]],
  ])
  for (const { heads } of found)
    for (const shares of heads) expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5)
})

test('where queries are 0, attention is even over all keys that are seen', async () => {
  const model = tinyDecoder({ kind: 'cotformer', layers: 1, repeats: 2 }, { keyValueHeads: 1 })
  const params = roughParams(model, randomKey(1))
  const query = params['blocks.0.attention.query.weight']!
  const still = { ...params, 'blocks.0.attention.query.weight': zeros(query.shape) }
  const [, second] = await attentionByRepeat(model, still, tokens())
  for (const shares of second!.heads) expect(shares).toEqual([expect.closeTo(0.5, 6), expect.closeTo(0.5, 6)])
})

test('a token that stopped has no keys in later repeats: a routed repeat of few tokens gets little attention', async () => {
  const model = tinyDecoder({ kind: 'cotformer', layers: 1, repeats: 2, halting: 'mixture-of-repeats' })
  const params = roughParams(model, randomKey(1))
  const query = params['blocks.0.attention.query.weight']!
  const still = { ...params, 'blocks.0.attention.query.weight': zeros(query.shape) }
  const routing = { capacities: [1 / 3] }
  const { repeats } = await traceExits(model, still, tokens(), { routing })
  const chosen = [...repeats.keys()].filter((place) => repeats[place] === 2)
  expect(chosen).toHaveLength(3)
  const expected = chosen.map((place, i) => (i + 1) / (place + 1 + i + 1)) // i + 1 keys of repeat 2, place + 1 of repeat 1
  const [, second] = await attentionByRepeat(model, still, tokens(), { routing })
  for (const [, later] of second!.heads) expect(later).toBeCloseTo(expected.reduce((a, b) => a + b, 0) / 3, 5)
})

test('evaluation takes a routing, and refuses one that does not fit', async () => {
  const model = tinyDecoder({ kind: 'cotformer', layers: 1, repeats: 3, halting: 'mixture-of-repeats' })
  const once = tinyDecoder({ kind: 'cotformer', layers: 1, repeats: 1 })
  const params = roughParams(model, randomKey(1))
  const chunks = [tokens(), someTokens(1, 9, { offset: 2 }).dataSync() as Int32Array]
  const stopped = await evaluate(model, params, chunks, { routing: { capacities: [0, 0] } })
  expect(stopped.loss).toBeCloseTo((await evaluate(once, params, chunks)).loss, 6)
  await expect(evaluate(model, params, chunks, { routing: { capacities: [1] } })).rejects.toThrow(
    'routing.capacities: expected 2 numbers, one after each repeat but the last',
  )
  await expect(evaluate(once, params, chunks, { routing: { thresholds: [] } })).rejects.toThrow(
    'this model has no routers',
  )
  await expect(traceExits(once, params, tokens())).rejects.toThrow('every token takes all repeats')
})
