import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesOfParams, createCpuBackend, loadBackend, randomKey, setDefaultBackend } from '@lemanic/tensor-core'
import { loadSafetensors, saveSafetensors } from '@lemanic/tensor-core/node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDecoder } from '../decoder.js'
import { readPublished } from '../testing/published-fixture.js'
import { availableBackends, relativeError, someTokens, tinyDecoder, values } from '../testing/tiny-decoder.js'
import { loadPretrained } from './load-pretrained.js'
import { savePretrained } from './save-pretrained.js'

let folder: string

beforeEach(async () => {
  setDefaultBackend(createCpuBackend())
  folder = await mkdtemp(join(tmpdir(), 'lemanic-pretrained-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function copyOf(name: string): Promise<void> {
  await cp((await readPublished(name)).folder, folder, { recursive: true })
}

async function changeConfig(change: object): Promise<void> {
  const path = join(folder, 'config.json')
  await writeFile(path, JSON.stringify({ ...(JSON.parse(await readFile(path, 'utf8')) as object), ...change }))
}

test('missing and mismatching tensors are listed by name with both shapes, before any is read', async () => {
  await copyOf('gpt2')
  const { tensors } = await loadSafetensors(folder)
  delete tensors['transformer.h.1.ln_1.bias']
  tensors['transformer.wpe.weight'] = { dtype: 'F32', shape: [3, 8], data: new Float32Array(24) }
  await saveSafetensors(join(folder, 'model.safetensors'), tensors)
  const backend = createCpuBackend()
  await expect(loadPretrained(folder, { backend })).rejects.toMatchObject({
    code: 'invalid-checkpoint',
    fields: {
      problems: [
        'transformer.wpe.weight has shape [3, 8], expected [24, 8]',
        'transformer.h.1.ln_1.bias is missing, expected [8]',
      ],
    },
  })
  expect(backend.memory().buffers).toBe(0)
})

test.each<[string, object, RegExp]>([
  [
    'gpt2',
    { model_type: 'mamba' },
    /config\.json: model_type: expected one of gpt2, llama, gpt_neox, bart, t5, got "mamba"/,
  ],
  ['gpt2', { n_head: 3 }, /heads: expected a divisor of the width 8, got 3/],
  ['gpt2', { n_embd: 'wide' }, /config\.json: n_embd: expected a number, got "wide"/],
  ['gpt2', { activation_function: 'mish' }, /activation_function: expected one of gelu, gelu_new, .*, got "mish"/],
  ['gpt2', { scale_attn_by_inverse_layer_idx: true }, /scale_attn_by_inverse_layer_idx: expected false, got true/],
  [
    'llama2',
    { rope_parameters: { rope_type: 'yarn', factor: 2 } },
    /rope_type: expected one of default, linear, llama3, got "yarn"/,
  ],
  ['llama2', { attention_bias: true }, /mlp_bias: expected the value of attention_bias, true, got false/],
  ['pythia', { attention_bias: false }, /attention_bias: expected true, got false/],
  ['bart', { decoder_attention_heads: 4 }, /decoder_attention_heads: expected 2, got 4/],
  ['t5', { feed_forward_proj: 'maxout' }, /feed_forward_proj: expected one of relu, .*, got "maxout"/],
])('%s with %j cannot be built and says so', async (name, change, message) => {
  await copyOf(name)
  await changeConfig(change)
  await expect(loadPretrained(folder)).rejects.toThrow(message)
})

test('a folder without a model, and a file that is not JSON, are named', async () => {
  await expect(loadPretrained(join(folder, 'nowhere'))).rejects.toThrow(/nowhere: expected a folder with config\.json/)
  await writeFile(join(folder, 'config.json'), '{')
  await expect(loadPretrained(folder)).rejects.toThrow(/config\.json: expected JSON/)
})

test('reads the names of older files: without prefix, and the buffers that came with them', async () => {
  await copyOf('gpt2')
  const { tensors } = await loadSafetensors(folder)
  const old = Object.fromEntries(
    Object.entries(tensors).map(([name, value]) => [name.replace('transformer.', ''), value]),
  )
  old['h.0.attn.bias'] = { dtype: 'U8', shape: [1, 1], data: Uint8Array.of(1) }
  old['rudder.weight'] = { dtype: 'F32', shape: [1], data: Float32Array.of(1) }
  await saveSafetensors(join(folder, 'model.safetensors'), old)
  const fixture = await readPublished('gpt2')
  const { model, params, unused } = await loadPretrained(folder)
  expect(unused).toEqual(['rudder.weight'])
  const logits = (model as ReturnType<typeof createDecoder>).apply(params, { tokens: fixture.load('tokens') })
  expect(relativeError(values(logits), fixture.values('logits'))).toBeLessThan(1e-4)
})

test('options take the place of those in config.json', async () => {
  await copyOf('t5')
  const { model } = await loadPretrained(folder, { options: { contextLength: 4096, dropout: 0.2 } })
  expect(model.config).toMatchObject({ contextLength: 4096, dropout: 0.2 })
})

test.each<[string, object, object]>([
  ['gpt2', { resid_pdrop: 0.3, attn_pdrop: 0.2 }, { dropout: 0.3, attentionDropout: 0.2 }],
  ['llama2', { attention_dropout: 0.2 }, { dropout: 0, attentionDropout: 0.2 }],
  ['pythia', { hidden_dropout: 0.1, attention_dropout: 0.2 }, { dropout: 0.1, attentionDropout: 0.2 }],
  [
    'bart',
    { dropout: 0.3, attention_dropout: 0.2, activation_dropout: 0.1 },
    { dropout: 0.3, attentionDropout: 0.2, activationDropout: 0.1, headBias: 'fixed' },
  ],
  ['t5', { dropout_rate: 0.2 }, { dropout: 0.2, attentionDropout: 0.2, activationDropout: 0.2, finalDropout: 0.2 }],
])('%s drops what its config.json says, %j, and says it again when saved', async (name, change, expected) => {
  await copyOf(name)
  await changeConfig(change)
  const { model, params } = await loadPretrained(folder)
  expect(model.config).toMatchObject(expected)
  await savePretrained(join(folder, 'again'), { model, params })
  expect(JSON.parse(await readFile(join(folder, 'again/config.json'), 'utf8'))).toMatchObject(change)
})

test('savePretrained refuses what no family can hold, and says why, before it writes', async () => {
  const looped = tinyDecoder({ kind: 'cotformer', repeats: 3 })
  const target = join(folder, 'new')
  await expect(savePretrained(target, { model: looped, params: looped.init(randomKey(0)) })).rejects.toThrow(
    /no family of the Hub can hold this model: gpt2 \(stack\.kind: expected "standard", got "cotformer".*llama \(/,
  )
  await expect(loadPretrained(target)).rejects.toThrow(/expected a folder with config\.json/)
})

const { backend: native } = (await availableBackends()).find(({ name }) => name === 'native') ?? {}

test.runIf(native !== undefined)(
  'bf16 and f16 weights stay half as large on native, and give nearly the same logits',
  async () => {
    const backend = await loadBackend('native')
    setDefaultBackend(backend)
    const model = createDecoder({
      vocabularySize: 500,
      width: 64,
      heads: 4,
      contextLength: 64,
      stack: { layers: 3 },
      norm: 'rms',
      activation: 'swiglu',
      rotary: { interleaved: false },
    })
    const params = model.init(randomKey(4))
    const tokens = someTokens(1, 12, { vocabularySize: 500 })
    const exact = values(model.apply(params, { tokens }))
    for (const weights of ['bfloat16', 'float16'] as const) {
      await savePretrained(folder, { model, params, weights })
      const before = backend.memory().bytes
      const loaded = await loadPretrained(folder)
      const resident = backend.memory().bytes - before
      expect(resident).toBe(bytesOfParams(loaded.params))
      expect(resident / bytesOfParams(params)).toBeLessThanOrEqual(0.55)
      const logits = values((loaded.model as typeof model).apply(loaded.params, { tokens }))
      const error = relativeError(logits, exact)
      expect(error).toBeGreaterThan(0)
      expect(error).toBeLessThan(weights === 'bfloat16' ? 0.05 : 0.005)
      const wide = await loadPretrained(folder, { weights: 'float32' })
      expect(bytesOfParams(wide.params)).toBe(bytesOfParams(params))
    }
  },
)
