import { createCpuBackend, randomKey, setDefaultBackend, tensor } from '@lemanic/tensor-core'
import type { Backend } from '@lemanic/tensor-core'
import { beforeAll, expect, test } from 'vitest'
import { evaluate } from './evaluate.js'
import { bitsPerByte, perplexity } from './loss-units.js'
import { roughParams, someTokens, tinyDecoder } from './testing/tiny-decoder.js'

let backend: Backend

beforeAll(() => {
  backend = createCpuBackend()
  setDefaultBackend(backend)
})

const model = tinyDecoder({ kind: 'cotformer', repeats: 2 })
const chunk = (length: number, offset: number): Int32Array => someTokens(1, length, { offset }).dataSync() as Int32Array

test('every predicted token weighs the same, whatever the lengths and the batch size', async () => {
  const params = roughParams(model, randomKey(1))
  const chunks = [chunk(10, 0), chunk(10, 1), chunk(4, 2), chunk(10, 3), chunk(2, 4)]
  let sum = 0
  for (const [i, ids] of chunks.entries()) {
    const half = (from: number, to: number) => tensor(ids.slice(from, to), [1, ids.length - 1])
    const loss = model.loss(params, { tokens: half(0, -1), targets: half(1, ids.length) }).item()
    const evaluation = await evaluate(model, params, chunks)
    expect(evaluation.sequenceLosses[i]).toBeCloseTo(loss, 5)
    sum += loss * (ids.length - 1)
  }
  for (const batchSize of [1, 2, 16]) {
    const { loss, tokens, sequenceLosses, sequenceTokens } = await evaluate(model, params, chunks, { batchSize })
    expect(tokens).toBe(9 + 9 + 3 + 9 + 1)
    expect(Array.from(sequenceTokens)).toEqual([9, 9, 3, 9, 1])
    expect(loss).toBeCloseTo(sum / tokens, 5)
    expect(sequenceLosses.reduce((total, value, i) => total + value * sequenceTokens[i]!, 0) / tokens).toBeCloseTo(
      loss,
      12,
    )
  }
})

test('a model that knows nothing has the loss ln V; parameters of zero are such a model', async () => {
  const nothing = Object.fromEntries(
    Object.entries(model.init(randomKey(0))).map(([name, value]) => [
      name,
      tensor(new Float32Array(value.size), value.shape),
    ]),
  )
  const { loss } = await evaluate(model, nothing, [[1, 2, 3]])
  expect(loss).toBeCloseTo(Math.log(23), 6)
  expect(perplexity(loss)).toBeCloseTo(23, 4)
  expect(bitsPerByte(loss, 4)).toBeCloseTo(Math.log2(23) / 4, 6)
})

test('dropout is off, and no tensor is left', async () => {
  const dropping = tinyDecoder({ kind: 'cotformer', repeats: 2 }, { dropout: 0.5 })
  const params = roughParams(model, randomKey(1))
  const chunks = [chunk(10, 0)]
  const { buffers } = backend.memory()
  const plain = await evaluate(model, params, chunks)
  expect((await evaluate(dropping, params, chunks)).loss).toBe(plain.loss)
  expect(backend.memory().buffers).toBe(buffers)
})

test('refuses what it cannot measure', async () => {
  const params = model.init(randomKey(1))
  await expect(evaluate(model, params, [])).rejects.toThrow('chunks: expected at least one chunk of tokens, got none')
  await expect(evaluate(model, params, [[1, 2], [3]])).rejects.toThrow(
    'chunks[1]: expected 2 to contextLength + 1 = 10 tokens, got 1',
  )
  await expect(evaluate(model, params, [chunk(11, 0)])).rejects.toThrow('got 11')
  await expect(evaluate(model, params, [[1, 23]])).rejects.toThrow(
    'chunks[0]: expected ids from 0 to 22, got 23 at place 1',
  )
  await expect(evaluate(model, params, [[1, 2]], { batchSize: 0 })).rejects.toThrow(
    'batchSize: expected a whole number of at least 1, got 0',
  )
  await expect(evaluate(model, params, [[1, 2]], { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
    'enough',
  )
})
