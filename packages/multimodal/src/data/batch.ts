import { tensor, type Tensor } from '@lemanic/tensor-core'
import type { FusionBatch, FusionModel } from '../fusion/fusion-model.js'
import { mapValues, type MultimodalData, sizeOfModality } from './multimodal-data.js'

/** Weights of samples for each task, [rows] each. */
export type SampleWeights = Readonly<Record<string, Float32Array>>

/**
 * Some rows as tensors, for a model: its modalities and, where the data have them, the targets of its tasks. Missing
 * samples and unknown labels become zeros.
 *
 * @param options.weights Of all rows, for each task.
 * @param options.without Modalities that are to count as missing.
 */
export function batchOf(
  model: FusionModel,
  data: MultimodalData,
  rows: ArrayLike<number>,
  options: {
    readonly weights?: SampleWeights
    readonly without?: readonly string[]
    readonly order?: readonly string[]
  } = {},
): FusionBatch {
  const { weights, without = [], order } = options
  const count = rows.length
  const inputs: Record<string, Tensor> = {}
  const present: Record<string, Tensor> = {}
  for (const name of model.modalities) {
    const modality = data.modalities[name]
    const size = sizeOfModality(modality)
    const values = new Float32Array(count * size)
    const mask = new Float32Array(count)
    const isOut = without.includes(name)
    for (let at = 0; at < count; at++) {
      const row = rows[at]
      if (isOut || modality.present[row] === 0) continue
      mask[at] = 1
      values.set(modality.values.subarray(row * size, (row + 1) * size), at * size)
    }
    inputs[name] = tensor(values, [count, ...modality.shape])
    present[name] = tensor(mask, [count, 1])
  }
  const targets: Record<string, Tensor> = {}
  const known: Record<string, Tensor> = {}
  for (const [name, { targetWidth, labels }] of Object.entries(model.tasks)) {
    const target = data.targets[name]
    if (target === undefined) continue
    const values = new Float32Array(count * targetWidth)
    const mask = new Float32Array(count * labels)
    for (let at = 0; at < count; at++) {
      for (let label = 0; label < labels; label++) mask[at * labels + label] = target.known[rows[at] * labels + label]
      for (let column = 0; column < targetWidth; column++) {
        if (mask[at * labels + (labels === 1 ? 0 : column)] === 1)
          values[at * targetWidth + column] = target.values[rows[at] * targetWidth + column]
      }
    }
    targets[name] = tensor(values, [count, targetWidth])
    known[name] = tensor(mask, [count, labels])
  }
  const own =
    weights === undefined
      ? undefined
      : mapValues(weights, (all) =>
          tensor(
            Float32Array.from(rows, (row) => all[row]),
            [count, 1],
          ),
        )
  return {
    inputs,
    present,
    targets,
    known,
    ...(own === undefined ? {} : { weights: own }),
    ...(order === undefined ? {} : { order: [...order] }),
  }
}
