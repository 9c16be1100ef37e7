import { createCpuBackend, randomKey, setDefaultBackend, type Params } from '@lemanic/tensor-core'
import { beforeAll, expect, test } from 'vitest'
import { createDecoder } from '../decoder.js'
import { roughParams } from '../testing/tiny-decoder.js'
import { trainBytePairEncoding } from '../tokenizer/train-byte-pair-encoding.js'
import { generateText, streamText } from './generate-text.js'
import { generate, streamTokens } from './generate.js'

const tokenizer = trainBytePairEncoding({
  texts: ['the whale and the sea'],
  vocabularySize: 262,
  specialTokens: ['<end>'],
})
const model = createDecoder({
  vocabularySize: tokenizer.vocabularySize,
  width: 16,
  heads: 2,
  contextLength: 40,
  stack: { layers: 1 },
})
let params: Params

beforeAll(() => {
  setDefaultBackend(createCpuBackend())
  params = roughParams(model, randomKey(6), 0.5)
})

const options = { tokenizer, prompt: 'the sea', maximumTokens: 24, key: randomKey(3) }
const prompt = tokenizer.encode('the sea')

test('streams the text of the tokens that generate makes, in whole characters', async () => {
  const ids = await generate(model, params, { prompt, maximumTokens: 24, key: randomKey(3) })
  const parts: string[] = []
  for await (const part of streamText(model, params, options)) parts.push(part)
  expect(parts.length).toBeGreaterThan(5)
  expect(parts.join('')).toBe(tokenizer.decode(ids, { skipSpecialTokens: true }))
  expect(await generateText(model, params, options)).toBe(parts.join(''))
})

test('ends before a stop string, wherever it is cut into parts', async () => {
  const whole = await generateText(model, params, options)
  for (let start = 1; start < whole.length - 3; start++) {
    const stop = whole.slice(start, start + 3)
    const end = whole.indexOf(stop)
    expect(await generateText(model, params, { ...options, stopStrings: ['not there', stop] })).toBe(
      whole.slice(0, end),
    )
  }
})

test('ids beyond the tokenizer are never made', async () => {
  const larger = createDecoder({ vocabularySize: 400, width: 16, heads: 2, contextLength: 40, stack: { layers: 1 } })
  const own = roughParams(larger, randomKey(6), 0.5)
  const ids = await generate(larger, own, { prompt, maximumTokens: 24, key: randomKey(3) })
  expect(Math.max(...ids)).toBeGreaterThanOrEqual(tokenizer.vocabularySize)
  expect(await generateText(larger, own, options)).not.toBe('')
})

test('leaving the loop gives everything back', async () => {
  const { backend } = params['embedding.weight']!
  const { buffers } = backend.memory()
  for await (const token of streamTokens(model, params, { prompt, maximumTokens: 24 })) {
    expect(token).toBeGreaterThanOrEqual(0)
    break
  }
  expect(backend.memory().buffers).toBe(buffers)
  const controller = new AbortController()
  const stream = streamText(model, params, { ...options, signal: controller.signal })
  await stream.next()
  controller.abort(new Error('enough'))
  await expect(stream.next().then(() => stream.next())).rejects.toThrow('enough')
  expect(backend.memory().buffers).toBe(buffers)
})

test('refuses bad options before any work', async () => {
  await expect(generateText(model, params, { ...options, stopStrings: [''] })).rejects.toThrow(
    /stopStrings: expected strings/,
  )
  await expect(generateText(model, params, { ...options, tokenizer: undefined as never })).rejects.toThrow(
    /tokenizer: expected a tokenizer/,
  )
  await expect(generateText(model, params, { ...options, prompt: '' })).rejects.toThrow(
    'prompt: expected 1 to contextLength = 40 token ids, got 0',
  )
  await expect(generateText(model, params, { ...options, source: 'a' })).rejects.toThrow(
    'source: expected none: a decoder continues a prompt',
  )
})
