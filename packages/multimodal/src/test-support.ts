import { defaultBackend, fillRandomNormal, type Params, randomKey, tensor, type Tensor } from '@lemanic/tensor-core'
import type { MultimodalData } from './data/multimodal-data.js'
import { createMultiModN, type MultiModNOptions, type SequentialModel } from './fusion/multimodn.js'
import { perceptronDecoder } from './modules/decoder.js'
import { perceptronEncoder } from './modules/perceptron-encoder.js'
import { binaryTask } from './tasks/binary-task.js'
import { multiClassTask } from './tasks/class-tasks.js'

/** A tensor as fixtures hold it. */
export interface Listed {
  readonly shape: readonly number[]
  readonly values: readonly number[]
}

export const fromListed = ({ shape, values }: Listed): Tensor => tensor(Float32Array.from(values), shape)
export const paramsFromListed = (listed: Readonly<Record<string, Listed>>): Params =>
  Object.fromEntries(Object.entries(listed).map(([name, value]) => [name, fromListed(value)]))

/** Largest difference, relative to 1 and to the size of the numbers. */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity
  let worst = 0
  for (let at = 0; at < actual.length; at++) {
    worst = Math.max(worst, Math.abs(actual[at] - expected[at]) / (1 + Math.abs(expected[at])))
  }
  return worst
}

export const liveTensors = (): number => defaultBackend().memory().buffers

/**
 * Two tasks of three modalities: `sick`, whose log-odds are the sum of one feature of each modality, strong in `b`, and
 * `grade`, one of three classes by `a` alone. Everything is there.
 */
export function exampleData(rows: number, seed = 1): MultimodalData {
  const widths = { a: 3, b: 4, c: 2 }
  const key = randomKey(seed)
  const sick = new Float32Array(rows)
  const grade = new Float32Array(rows)
  const coin = fillRandomNormal(key.foldIn('label'), new Float32Array(rows))
  for (let row = 0; row < rows; row++) sick[row] = coin[row] > 0 ? 1 : 0
  const strengths = { a: 0.5, b: 1.2, c: 0.5 }
  const modalities = Object.fromEntries(
    Object.entries(widths).map(([name, width]) => {
      const values = fillRandomNormal(key.foldIn(name), new Float32Array(rows * width))
      for (let row = 0; row < rows; row++) values[row * width] += strengths[name as 'a'] * (2 * sick[row] - 1)
      if (name === 'a')
        for (let row = 0; row < rows; row++)
          grade[row] = values[row * width + 1] > 0.4 ? 2 : values[row * width + 1] < -0.4 ? 0 : 1
      return [name, { shape: [width], values, present: new Uint8Array(rows).fill(1) }]
    }),
  )
  const known = () => new Uint8Array(rows).fill(1)
  return {
    rows,
    modalities,
    targets: { sick: { width: 1, values: sick, known: known() }, grade: { width: 1, values: grade, known: known() } },
  }
}

/** MultiModN for the example. */
export function exampleModel(options: Partial<MultiModNOptions> = {}): SequentialModel {
  return createMultiModN({
    stateSize: 8,
    encoders: {
      a: perceptronEncoder({ inputs: 3, hidden: [8] }),
      b: perceptronEncoder({ inputs: 4, hidden: [8] }),
      c: perceptronEncoder({ inputs: 2, hidden: [8] }),
    },
    decoders: { sick: perceptronDecoder(binaryTask()), grade: perceptronDecoder(multiClassTask({ classes: 3 })) },
    ...options,
  })
}

/** The data without some cells: a list of [modality, row]. */
export function without(data: MultimodalData, cells: readonly (readonly [string, number])[]): MultimodalData {
  const modalities = { ...data.modalities }
  for (const [name, row] of cells) {
    const present = modalities[name].present.slice()
    const values = modalities[name].values.slice()
    const width = values.length / data.rows
    present[row] = 0
    values.fill(NaN, row * width, (row + 1) * width) // nobody may look
    modalities[name] = { ...modalities[name], present, values }
  }
  return { ...data, modalities }
}
