/** Agreement with PyTorch; `tools/parity/transformer-halting.py`, which computes every repeat densely, wrote the fixtures. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { decodeSafetensors, randomKey, setDefaultBackend, tensor, valueAndGrad } from '@lemanic/tensor-core'
import type { Params, Tensor } from '@lemanic/tensor-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DecoderOptions } from './config.js'
import { createDecoder } from './decoder.js'
import { describeParameters } from './parameters.js'
import { availableBackends, relativeError, values } from './testing/tiny-decoder.js'

const cases = [
  'mixture-of-repeats',
  'adaptive-block-universal',
  'stick-breaking',
  'ponder-net',
  'ponder-net-cotformer',
  'pause-tokens',
]
const tolerance = 1e-4
const vanishing = 1e-3

async function readFixture(name: string) {
  const path = fileURLToPath(new URL(`fixtures/halting-${name}.safetensors`, import.meta.url))
  const { tensors, metadata } = await decodeSafetensors(readFileSync(path))
  const expected = (key: string): Float32Array | Int32Array => tensors[key]!.data as Float32Array | Int32Array
  const load = (key: string): Tensor => tensor(expected(key), tensors[key]!.shape)
  const names = Object.keys(tensors).flatMap((key) => (key.startsWith('params/') ? [key.slice('params/'.length)] : []))
  return {
    model: createDecoder((JSON.parse(metadata.case!) as { options: DecoderOptions }).options),
    params: Object.fromEntries(names.map((own) => [own, load(`params/${own}`)])) as Params,
    batch: { tokens: load('tokens'), targets: load('targets') },
    expected,
  }
}

describe.each(await availableBackends())('on $name', ({ backend }) => {
  beforeAll(() => void setDefaultBackend(backend))
  afterAll(() => void setDefaultBackend(undefined))

  test.each(cases)('%s: logits, the loss of training and every gradient agree with PyTorch', async (name) => {
    const { model, params, batch, expected } = await readFixture(name)
    expect(Object.keys(params).sort()).toEqual(
      describeParameters(model.config)
        .map((spec) => spec.name)
        .sort(),
    )
    const { capacities, halting } = model.config.stack
    const routing = halting === 'mixture-of-repeats' && { routing: { capacities: capacities as number[] } }
    const logits = model.apply(params, batch, { training: false, ...routing })
    expect(relativeError(values(logits), expected('logits'))).toBeLessThan(tolerance)
    const lossOf = (own: Params): Tensor => model.loss(own, batch, { training: true, key: randomKey(0) })
    const { loss, grads } = valueAndGrad(lossOf)(params)
    expect(relativeError(values(loss), expected('loss'))).toBeLessThan(tolerance)
    for (const own of Object.keys(params))
      expect(relativeError(values(grads[own]!), expected(`grads/${own}`), vanishing), own).toBeLessThan(tolerance)
  })
})
