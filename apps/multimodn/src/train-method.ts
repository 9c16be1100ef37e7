import { adamw, type Params, type RandomKey } from '@lemanic/tensor-core'
import { fitFusion, type FusionModel, type MultimodalData, propensityWeights } from '@lemanic/multimodal'
import type { Method, ModelParts } from './methods.js'
import { modelSizes } from './options.js'

/** Trains a method on some rows; with validation rows the best epoch is kept. */
export async function trainMethod(
  method: Method,
  parts: ModelParts,
  options: {
    readonly data: MultimodalData
    readonly validation?: MultimodalData
    readonly epochs: number
    readonly key: RandomKey
    readonly signal: AbortSignal
    readonly onEpoch: (fraction: number) => Promise<void>
  },
): Promise<{ readonly model: FusionModel; readonly params: Params }> {
  const { data, validation, epochs, key, signal, onEpoch } = options
  const model = method.model(parts)
  const { params } = await fitFusion({
    model,
    data,
    key,
    epochs,
    batchSize: Math.min(modelSizes.batch, data.rows),
    optimizer: adamw({ learningRate: modelSizes.learningRate, weightDecay: 0.01 }),
    shuffle: method.ordered !== true,
    signal,
    onEpoch: ({ epoch }) => onEpoch(epoch / epochs),
    ...(validation === undefined ? {} : { validation }),
    ...(method.loss === undefined ? {} : { loss: method.loss }),
    ...(method.weighted === true ? { weights: propensityWeights(data, model.tasks) } : {}),
  })
  return { model, params }
}
