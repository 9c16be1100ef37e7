import {
  broadcastTo,
  LemanicError,
  type Params,
  type RandomKey,
  reshape,
  scope,
  tensor,
  type Tensor,
} from '@lemanic/tensor-core'
import type { SequentialModel } from '../fusion/multimodn.js'
import { checkKnown, invalid } from '../names.js'
import type { Estimate } from '../tasks/task.js'

/** What is said of one sample at one moment. */
export interface StreamedPrediction extends Estimate {
  /** Standard deviation of each of `values` over Monte-Carlo drop-out: how unsure the model is of itself; 0 without samples. */
  readonly spread: readonly number[]
}

export interface PredictionStream {
  /** Predictions of every task as things stand. */
  predict(): Readonly<Record<string, StreamedPrediction>>
  /** A modality arrives: numbers of its shape, row-major. Each at most once, in any order. Returns the new predictions. */
  add(
    modality: string,
    values: ArrayLike<number>,
    shape?: readonly number[],
  ): Readonly<Record<string, StreamedPrediction>>
  /** Modalities that have not come. */
  readonly missing: readonly string[]
  /** The state, [S], for another model to start from (`initialState`). */
  state(): Float32Array
  /** Gives the tensors back. */
  dispose(): void
}

/**
 * Prediction of one sample as its modalities arrive, with the uncertainty of the outcome (`uncertainty`) and, where
 * encoders have drop-out, of the model (`spread`): `samples` states live side by side, each with its own drop-out masks.
 *
 * Source of the latter: Gal & Ghahramani, "Dropout as a Bayesian approximation", 2016.
 *
 * @param options.samples States for the spread. Default 0: none. More than 0 needs `key`.
 */
export function streamPredictions(
  model: SequentialModel,
  params: Params,
  options: { readonly samples?: number; readonly key?: RandomKey } = {},
): PredictionStream {
  const { samples = 0, key } = options
  if (!Number.isInteger(samples) || samples < 0 || samples === 1)
    throw invalid('streamPredictions', `samples: expected 0 or a whole number ≥ 2, got ${samples}`)
  if (samples > 0 && key === undefined) throw invalid('streamPredictions', 'expected a key for the samples, got none')
  const copy = (count: number): Tensor => scope(() => reshape(model.start(params, count), [count, model.stateSize]))
  let state = copy(1)
  let states = samples > 0 ? copy(samples) : undefined
  const come: string[] = []
  const contextAt = (moment: number) => ({ key: key!.foldIn(moment), training: true, step: 0 })

  const predict = (): Record<string, StreamedPrediction> =>
    scope(() => {
      const outputs = model.decode(params, state)
      const sampled = states === undefined ? undefined : model.decode(params, states, contextAt(come.length))
      return Object.fromEntries(
        Object.entries(model.tasks).map(([name, task]) => {
          const estimate = task.estimate(outputs[name].dataSync())
          const others = sampled?.[name].dataSync()
          const all =
            others === undefined
              ? []
              : Array.from({ length: samples }, (_, at) =>
                  task.estimate(others.subarray(at * task.outputs, (at + 1) * task.outputs)),
                )
          const spread = estimate.values.map((_, at) => deviationOf(all.map(({ values }) => values[at])))
          return [name, { ...estimate, spread }]
        }),
      )
    })

  return {
    predict,
    add(modality, values, shape = model.inputShapes[modality]) {
      checkKnown('PredictionStream.add', 'modality', modality, model.modalities)
      if (come.includes(modality)) throw invalid('PredictionStream.add', `"${modality}" has come already`)
      const sizes = shape.map((length) =>
        length === -1 ? values.length / shape.reduce((size, own) => (own === -1 ? size : size * own), 1) : length,
      )
      const data = Float32Array.from(values)
      const column = data.findIndex((value) => !Number.isFinite(value))
      if (column >= 0) {
        throw new LemanicError(
          'non-finite-input',
          `PredictionStream.add: modality "${modality}", column ${column}: expected a finite number, got ${data[column]}`,
          {
            fields: { modality, row: 0, column },
          },
        )
      }
      const next = scope(() => {
        const one = tensor(data, [1, ...sizes])
        return {
          state: model.step(params, state, modality, one),
          states:
            states === undefined
              ? undefined
              : model.step(params, states, modality, broadcastTo(one, [samples, ...sizes]), contextAt(come.length)),
        }
      })
      state.dispose()
      states?.dispose()
      state = next.state
      states = next.states
      come.push(modality)
      return predict()
    },
    get missing() {
      return model.modalities.filter((name) => !come.includes(name))
    },
    state: () => Float32Array.from(state.dataSync()),
    dispose() {
      state.dispose()
      states?.dispose()
    },
  }
}

function deviationOf(values: readonly number[]): number {
  if (values.length < 2) return 0
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
}
