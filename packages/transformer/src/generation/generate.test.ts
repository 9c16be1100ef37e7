import { createCpuBackend, randomKey, setDefaultBackend, tensor, type Backend } from '@lemanic/tensor-core'
import { beforeAll, expect, test } from 'vitest'
import { generate, type GenerateOptions } from './generate.js'
import { temperature, topK } from './logits-processors.js'
import { drawToken } from './sample-token.js'
import { roughParams, tinyDecoder, values } from '../testing/tiny-decoder.js'

let backend: Backend

beforeAll(() => {
  backend = createCpuBackend()
  setDefaultBackend(backend)
})

const model = tinyDecoder({ kind: 'cotformer', repeats: 2 })
const draw = { prompt: [3, 4], maximumTokens: 14, key: randomKey(8) }

test('greedy: each token is the most likely one after the last contextLength tokens', async () => {
  const params = roughParams(model, randomKey(2))
  const prompt = [1, 2, 3]
  const added = await generate(model, params, { prompt, maximumTokens: 12 })
  expect(added).toHaveLength(12)
  added.forEach((token, i) => {
    const window = Int32Array.from([...prompt, ...added.slice(0, i)].slice(-9))
    const logits = values(model.apply(params, { tokens: tensor(window, [1, window.length]) })).subarray(-23)
    expect(token).toBe(logits.indexOf(Math.max(...logits)))
  })
})

test('the key decides the draws; a longer run begins with a shorter one; no tensor is left', async () => {
  const params = roughParams(model, randomKey(2))
  const { buffers } = backend.memory()
  const long = await generate(model, params, draw)
  expect(await generate(model, params, draw)).toEqual(long)
  expect(await generate(model, params, { ...draw, maximumTokens: 5 })).toEqual(long.slice(0, 5))
  expect(await generate(model, params, { ...draw, key: randomKey(9) })).not.toEqual(long)
  expect(backend.memory().buffers).toBe(buffers)
})

test('topK 1 is greedy, and so is temperature 0; a stop token ends the text', async () => {
  const params = roughParams(model, randomKey(2))
  const greedy = await generate(model, params, { prompt: [3, 4], maximumTokens: 8 })
  expect(await generate(model, params, { ...draw, maximumTokens: 8, topK: 1 })).toEqual(greedy)
  expect(await generate(model, params, { ...draw, maximumTokens: 8, temperature: 0 })).toEqual(greedy)
  const stop = greedy.findIndex((token) => token !== greedy[0])
  const end = stop < 0 ? 0 : stop
  expect(await generate(model, params, { prompt: [3, 4], maximumTokens: 8, stopTokens: [greedy[end]!] })).toEqual(
    greedy.slice(0, end + 1),
  )
})

test('draws follow softmax(logits / temperature) among the top k', () => {
  const logits = Float32Array.of(2, 1, 0, -1)
  for (const process of [temperature(2), topK(3)]) process(logits, { tokens: [], added: 0 })
  const counts = [0, 0, 0, 0]
  for (let i = 0; i < 4000; i++) counts[drawToken(logits, randomKey(5).foldIn(i))]!++
  const weights = [Math.exp(1), Math.exp(0.5), 1]
  const total = weights.reduce((a, b) => a + b, 0)
  weights.forEach((weight, i) => expect(Math.abs(counts[i]! / 4000 - weight / total)).toBeLessThan(0.03)) // four deviations
  expect(counts[3]).toBe(0)
})

const bad: [Partial<GenerateOptions>, string][] = [
  [{ prompt: [] }, 'prompt: expected 1 to contextLength = 9 token ids, got 0'],
  [{ prompt: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }, 'prompt: expected 1 to contextLength = 9 token ids, got 10'],
  [{ prompt: [1, 99] }, 'prompt: expected ids from 0 to 22, got 99 at place 1'],
  [{ temperature: 0.5 }, 'key: expected a random key to draw at temperature 0.5, got undefined'],
  [{ temperature: -1 }, 'temperature: expected a number above 0, got -1'],
  [{ topK: 0 }, 'topK: expected a whole number of at least 1, got 0'],
  [{ maximumTokens: 1.5 }, 'maximumTokens: expected a whole number of at least 0, got 1.5'],
  [{ stopTokens: [23] }, 'stopTokens: expected ids from 0 to 22, got 23 at place 0'],
  [{ beams: 4 } as Partial<GenerateOptions>, 'generate.beams: there is no such option'],
]

test.each(bad)('refuses %j', async (options, message) => {
  await expect(
    generate(model, model.init(randomKey(0)), { prompt: [1], maximumTokens: 1, ...options }),
  ).rejects.toThrow(message)
})
