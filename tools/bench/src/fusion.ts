import {
  batchOf,
  binaryTask,
  createMultiModN,
  fusionLoss,
  type MultimodalData,
  perceptronDecoder,
  perceptronEncoder,
} from '@lemanic/multimodal'
import { adamw, fillRandomNormal, randomKey, type Tensor } from '@lemanic/tensor-core'
import type { Bench } from './bench.js'
import { trainingBench } from './training-step.js'

const inputs = { de: 6, vd: 1024, n_ech: 768, ts_ce: 99 }
const tasks = ['cardiomegaly', 'mediastinum']
const [stateSize, hidden, batch, dropout] = [50, 32, 16, 0.2]

type Examples = Readonly<Record<'inputs' | 'present' | 'targets' | 'known', Readonly<Record<string, Tensor>>>>

/** One batch in which a third of the cells is missing. */
function samples(): MultimodalData {
  const key = randomKey(1)
  return {
    rows: batch,
    modalities: Object.fromEntries(
      Object.entries(inputs).map(([name, width], at) => [
        name,
        {
          shape: [width],
          values: fillRandomNormal(key.foldIn(name), new Float32Array(batch * width)),
          present: Uint8Array.from({ length: batch }, (_, row) => ((row + at) % 3 === 0 ? 0 : 1)),
        },
      ]),
    ),
    targets: Object.fromEntries(
      tasks.map((name, at) => [
        name,
        {
          width: 1,
          values: Float32Array.from({ length: batch }, (_, row) => (row >> at) & 1),
          known: new Uint8Array(batch).fill(1),
        },
      ]),
    ),
  }
}

/**
 * MultiModN of the paper's MIMIC experiment: four encoders (state beside the features, two hidden layers, drop-out of their
 * input), two decoders with two hidden layers, masks for each sample, one AdamW step.
 */
export const fusion: readonly Bench[] = [
  trainingBench(
    {
      name: 'training step of MultiModN, four modalities, batch 16',
      unit: 'examples/s',
      work: batch,
      without: ['cpu'],
      peer: {
        kind: 'multimodn',
        widths: Object.values(inputs).join(' '),
        state: stateSize,
        hidden,
        tasks: tasks.length,
        batch,
        dropout,
      },
    },
    () => {
      const model = createMultiModN({
        stateSize,
        encoders: Object.fromEntries(
          Object.entries(inputs).map(([name, width]) => [
            name,
            perceptronEncoder({ inputs: width, hidden: [hidden, hidden], dropout, outputActivation: 'relu' }),
          ]),
        ),
        decoders: Object.fromEntries(
          tasks.map((name) => [name, perceptronDecoder(binaryTask(), { hidden: [hidden, hidden] })]),
        ),
      })
      const rows = Array.from({ length: batch }, (_, row) => row)
      const loss = fusionLoss(model)
      const { inputs: x, present, targets, known } = batchOf(model, samples(), rows)
      return {
        params: model.init(randomKey(2)),
        batch: { inputs: x, present, targets, known },
        optimizer: adamw({ learningRate: 1e-3, weightDecay: 0.01, decays: () => true }), // as PyTorch's: all decay
        loss: (params, examples: Examples) =>
          loss(model.apply(params, examples, { key: randomKey(3), training: true, step: 0 }), examples),
      }
    },
  ),
]
