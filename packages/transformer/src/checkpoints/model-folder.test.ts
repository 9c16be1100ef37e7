import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCpuBackend, paramsToHost, randomKey, setDefaultBackend } from '@lemanic/tensor-core'
import { loadSafetensors, saveSafetensors } from '@lemanic/tensor-core/node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createEncoderDecoder } from '../encoder-decoder.js'
import { readPublished } from '../testing/published-fixture.js'
import { tinyDecoder } from '../testing/tiny-decoder.js'
import { trainBytePairEncoding } from '../tokenizer/train-byte-pair-encoding.js'
import { loadTokenizer } from './load-tokenizer.js'
import { loadModel, saveModel } from './model-folder.js'

let folder: string
beforeEach(async () => {
  setDefaultBackend(createCpuBackend())
  folder = await mkdtemp(join(tmpdir(), 'lemanic-model-'))
})
afterEach(() => rm(folder, { recursive: true }))

const looped = tinyDecoder({ kind: 'cotformer', repeats: 3, repeatNorm: true, depthEmbedding: 'linear' })

test('a looped stack comes back as it was, with its tokenizer and what it says about generating', async () => {
  const params = looped.init(randomKey(1))
  const tokenizer = trainBytePairEncoding({ texts: ['a sea'], vocabularySize: 257, specialTokens: ['<|end|>'] })
  await saveModel(folder, { model: looped, params, tokenizer, generation: { stopTokens: [0] } })
  const loaded = await loadModel(folder)
  expect(loaded.kind).toBe('decoder')
  expect(loaded.family).toBeUndefined()
  expect(loaded.model.config).toEqual(looped.config)
  expect(loaded.generation).toEqual({ stopTokens: [0] })
  expect(await paramsToHost(loaded.params)).toEqual(await paramsToHost(params))
  expect((await loadTokenizer(folder)).tokenizer.decode([...tokenizer.encode('a sea')])).toBe('a sea')
})

test('an encoder–decoder; matrices in bfloat16, vectors in float32', async () => {
  const model = createEncoderDecoder({
    vocabularySize: 11,
    width: 8,
    heads: 2,
    contextLength: 7,
    encoderLayers: 1,
    startToken: 3,
  })
  await saveModel(folder, { model, params: model.init(randomKey(1)), weights: 'bfloat16' })
  const { kind, params, model: read } = await loadModel(folder)
  expect(kind).toBe('encoder-decoder')
  expect(read.config).toEqual(model.config)
  for (const { dtype, rank } of Object.values(params)) expect(dtype).toBe(rank === 2 ? 'bfloat16' : 'float32')
  const wide = await loadModel(folder, { weights: 'float32' })
  expect(new Set(Object.values(wide.params).map(({ dtype }) => dtype))).toEqual(new Set(['float32']))
})

test('a folder of the Hub is read too', async () => {
  await cp((await readPublished('gpt2')).folder, folder, { recursive: true })
  expect(await loadModel(folder)).toMatchObject({ kind: 'decoder', family: 'gpt2' })
})

test('what is wrong with a folder is said before any tensor is made', async () => {
  const backend = createCpuBackend()
  const expectError = async (message: RegExp): Promise<void> => {
    await expect(loadModel(folder, { backend })).rejects.toThrow(message)
    expect(backend.memory().buffers).toBe(0)
  }
  await expectError(/expected a folder with model\.json or config\.json, found neither/)
  await saveModel(folder, { model: looped, params: looped.init(randomKey(1)) })
  const file = join(folder, 'model.safetensors')
  const { tensors } = await loadSafetensors(file)
  const { 'repeat_norm.weight': norm, ...others } = tensors
  await saveSafetensors(file, { ...others, 'final_norm.weight': { ...norm!, shape: [2, 8] } } as typeof tensors)
  await expectError(
    /repeat_norm\.weight is missing, expected \[16\]; final_norm\.weight has shape \[2, 8\], expected \[16\]/,
  )
  await saveSafetensors(file, { ...tensors, rudder: norm! })
  await expectError(/tensors that its model\.json does not know: rudder/)
  await saveSafetensors(file, tensors)
  await truncate(file, 2000)
  await expectError(/model\.safetensors/)
  const path = join(folder, 'model.json')
  const description = JSON.parse(await readFile(path, 'utf8')) as { config: object }
  await writeFile(path, JSON.stringify({ ...description, version: 2 }))
  await expectError(/model\.json: version: expected 1, got 2/)
  await writeFile(path, JSON.stringify({ ...description, config: { ...description.config, heads: 3 } }))
  await expectError(/keyValueHeads: expected a divisor of the 3 heads, got 2/)
  await writeFile(path, '{')
  await expectError(/model\.json: expected JSON/)
})
