/** Agreement with PyTorch; `tools/parity/transformer-decoder.py` wrote the fixtures and says who computed each. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { decodeSafetensors, setDefaultBackend, tensor, valueAndGrad } from '@lemanic/tensor-core'
import type { Params, Tensor } from '@lemanic/tensor-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DecoderOptions } from './config.js'
import { createDecoder } from './decoder.js'
import { describeParameters } from './parameters.js'
import { availableBackends, relativeError, values } from './testing/tiny-decoder.js'

const cases = [
  'standard',
  'block-universal',
  'cotformer',
  'ln-cotformer',
  'cotformer-varied',
  'block-universal-varied',
  'gpt2',
  'gpt-neox',
  'llama',
]
const tolerance = 1e-4
const vanishing = 1e-3 // gradients are about 0.1; that of GPT-2's key biases is 0, softmax does not see them

async function readFixture(name: string) {
  const path = fileURLToPath(new URL(`fixtures/decoder-${name}.safetensors`, import.meta.url))
  const { tensors, metadata } = await decodeSafetensors(readFileSync(path))
  const array = (key: string): Float32Array | Int32Array => tensors[key]!.data as Float32Array | Int32Array
  const load = (key: string): Tensor => tensor(array(key), tensors[key]!.shape)
  const names = Object.keys(tensors).flatMap((key) => (key.startsWith('params/') ? [key.slice('params/'.length)] : []))
  return {
    model: createDecoder((JSON.parse(metadata.case!) as { options: DecoderOptions }).options),
    params: Object.fromEntries(names.map((own) => [own, load(`params/${own}`)])) as Params,
    batch: { tokens: load('tokens'), targets: load('targets') },
    expected: array,
  }
}

describe.each(await availableBackends())('on $name', ({ backend }) => {
  beforeAll(() => void setDefaultBackend(backend))
  afterAll(() => void setDefaultBackend(undefined))

  test.each(cases)('%s: logits, loss and every gradient agree with PyTorch', async (name) => {
    const { model, params, batch, expected } = await readFixture(name)
    expect(Object.keys(params).sort()).toEqual(
      describeParameters(model.config)
        .map((spec) => spec.name)
        .sort(),
    )
    expect(relativeError(values(model.apply(params, batch)), expected('logits'))).toBeLessThan(tolerance)
    const { loss, grads } = valueAndGrad(model.loss)(params, batch)
    expect(relativeError(values(loss), expected('loss'))).toBeLessThan(tolerance)
    for (const own of Object.keys(params)) {
      expect(relativeError(values(grads[own]!), expected(`grads/${own}`), vanishing), own).toBeLessThan(tolerance)
    }
  })
})
