import { adamw, randomKey, tensor, type Tensor } from '@lemanic/tensor-core'
import { countMultiplyAccumulates, createDecoder, type DecoderOptions } from '@lemanic/transformer'
import type { Bench } from './bench.js'
import { trainingBench } from './training-step.js'

const [time, batch, vocabularySize, width] = [128, 4, 512, 256]
const shape = { vocabularySize, width, heads: 4, contextLength: time } as const

/**
 * One AdamW step by the multiply–accumulates that are counted (attention in full, as published figures do; three forward
 * passes a step): rates of stacks can be compared whatever their repeats. Ours alone: no peer has these stacks.
 */
function loopedBench(name: string, stack: DecoderOptions['stack']): Bench {
  const options: DecoderOptions = { ...shape, stack }
  const { total } = countMultiplyAccumulates(options, { tokens: time, logits: 'all' })
  return trainingBench(
    {
      name: `training step per multiply–accumulate, ${name}, d ${width}, T ${time}, batch ${batch}`,
      unit: 'GFLOP/s',
      work: (2 * 3 * total * batch) / 1e9,
      without: ['cpu'],
      peer: { kind: 'none' },
    },
    (backend) => {
      const model = createDecoder(options)
      const ids = Int32Array.from({ length: batch * time }, (_, i) => (i * 7919 + ((i * i) % 104_729)) % vocabularySize)
      const tokens = tensor(ids, [batch, time], { backend })
      const targets = tensor(
        ids.map((id) => (id * 31 + 7) % vocabularySize),
        [batch, time],
        { backend },
      )
      return {
        params: model.init(randomKey(1)),
        batch: { tokens, targets },
        optimizer: adamw({ learningRate: 1e-3 }),
        loss: (params, examples: { tokens: Tensor; targets: Tensor }) => model.loss(params, examples),
      }
    },
  )
}

export const looped: readonly Bench[] = [
  loopedBench('12 layers', { kind: 'standard', layers: 12 }),
  loopedBench('Block Universal 12×3', { kind: 'block-universal', layers: 12, repeats: 3 }),
  loopedBench('CoTFormer 12×3', { kind: 'cotformer', layers: 12, repeats: 3 }),
]
