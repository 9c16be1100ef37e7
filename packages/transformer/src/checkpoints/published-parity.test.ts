/** Agreement with transformers; `tools/parity/transformer-checkpoints.py` wrote the folders. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setDefaultBackend, valueAndGrad, type Params, type Tensor } from '@lemanic/tensor-core'
import { loadSafetensors } from '@lemanic/tensor-core/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Decoder, EncoderDecoder, PairTrainingBatch, TrainingBatch } from '../model.js'
import { publishedDecoders, publishedEncoderDecoders, readPublished } from '../testing/published-fixture.js'
import { availableBackends, relativeError, values } from '../testing/tiny-decoder.js'
import { decoderFormats, encoderDecoderFormats } from './families.js'
import { loadPretrained, type PretrainedModel } from './load-pretrained.js'
import { writeTensors } from './map-parameters.js'
import { savePretrained } from './save-pretrained.js'

const tolerance = 1e-4
const vanishing = 1e-3 // gradients are about 0.1; those of key biases are 0, softmax does not see them

/** Values by the names of transformers. */
async function byTheirNames({ family, model }: PretrainedModel, params: Params): Promise<Record<string, Float32Array>> {
  const format = { ...decoderFormats, ...encoderDecoderFormats }[family]
  const tensors = await writeTensors(params, format.tensors(model.config as never), 'F32')
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data as Float32Array]))
}

describe.each(await availableBackends())('on $name', ({ backend }) => {
  beforeAll(() => void setDefaultBackend(backend))
  afterAll(() => void setDefaultBackend(undefined))

  test.each([...publishedDecoders, ...publishedEncoderDecoders])(
    '%s: logits, loss and every gradient agree with transformers',
    async (name) => {
      const fixture = await readPublished(name)
      const loaded = await loadPretrained(fixture.folder)
      expect(loaded.unused).toEqual([])
      const { params } = loaded
      const isPair = loaded.kind === 'encoder-decoder'
      const batch = {
        tokens: fixture.load('tokens'),
        targets: fixture.load('targets'),
        ...(isPair && { sources: fixture.load('sources'), sourceMask: fixture.load('sourceMask') }),
      }
      const model = loaded.model as Decoder & EncoderDecoder
      const logits = model.apply(params, batch as PairTrainingBatch)
      expect(relativeError(values(logits), fixture.values('logits'))).toBeLessThan(tolerance)
      const lossOf = model.loss as (own: Params, given: TrainingBatch) => Tensor
      const { loss, grads } = valueAndGrad(lossOf)(params, batch)
      expect(relativeError(values(loss), fixture.values('loss'))).toBeLessThan(tolerance)
      const found = await byTheirNames(loaded, grads)
      const names = fixture.names('grads/')
      expect(names.length).toBeGreaterThanOrEqual(Object.keys(found).length - (name === 'bart' ? 1 : 0)) // final_logits_bias is not learned there
      for (const own of names)
        expect(relativeError(found[own]!, fixture.values(`grads/${own}`), vanishing), own).toBeLessThan(tolerance)
    },
  )

  test.each(publishedDecoders)('%s: padding on the left is hidden and counts for no position', async (name) => {
    const fixture = await readPublished(name)
    const { model, params } = (await loadPretrained(fixture.folder)) as PretrainedModel & { kind: 'decoder' }
    const logits = values(model.apply(params, { tokens: fixture.load('prompts'), mask: fixture.load('mask') }))
    const [mask, expected] = [fixture.values('mask'), fixture.values('paddedLogits')]
    const size = model.config.vocabularySize
    mask.forEach((flag, place) => {
      const row = [place * size, (place + 1) * size] as const
      if (flag === 1) expect(relativeError(logits.subarray(...row), expected.subarray(...row))).toBeLessThan(tolerance)
    })
  })
})

test.each([...publishedDecoders, ...publishedEncoderDecoders])(
  '%s: saving gives the same tensors and model',
  async (name) => {
    const { folder } = await readPublished(name)
    const target = await mkdtemp(join(tmpdir(), 'lemanic-save-'))
    try {
      const first = await loadPretrained(folder)
      const { model, params } = first
      await savePretrained(target, { model, params, tokens: { begin: 0, end: 2, padding: 1 } })
      expect((await loadSafetensors(target)).tensors).toEqual((await loadSafetensors(folder)).tensors)
      const second = await loadPretrained(target)
      expect(second.model.config).toEqual(first.model.config)
      expect(second).toMatchObject({
        family: first.family,
        unused: [],
        generation: { stopTokens: [2], paddingToken: 1 },
      })
    } finally {
      await rm(target, { recursive: true })
    }
  },
)
