import { disposeParams } from '../params/lifetime.js'
import type { Params } from '../params/params.js'
import { stackParams } from '../params/stacking.js'
import type { Json, State } from '../params/state.js'
import { checkSameStructure } from '../params/structure.js'
import { singleProcess } from './collectives.js'
import type { Context } from './context.js'
import { workerGradient, type WorkerGradient } from './gradient.js'
import { meanReducer } from './mean-reducer.js'
import type { TrainOptions } from './options.js'
import type { StepFunctions } from './step-functions.js'

export interface StepGradient extends WorkerGradient {
  readonly reducerState: State
  readonly telemetry: Readonly<Record<string, Json>>
}

/** The gradient of a step: of one worker as it is, of several workers or processes as the reducer makes it. */
export async function stepGradient<Batch, Output>(
  options: TrainOptions<Batch, Output>,
  functions: StepFunctions<Batch, Output>,
  params: Params,
  context: Context,
  reducerState: State,
): Promise<StepGradient> {
  const { workers = 1, collectives = singleProcess } = options
  if (workers === 1 && options.reducer === undefined && collectives.worldSize === 1) {
    return {
      ...(await workerGradient(options, functions, params, { ...context, key: context.key.foldIn(0) }, 0)),
      reducerState,
      telemetry: {},
    }
  }
  const reducer = options.reducer ?? meanReducer()
  const parts: WorkerGradient[] = []
  try {
    for (let worker = 0; worker < workers; worker += 1) {
      const identity = collectives.rank * workers + worker
      parts.push(
        await workerGradient(options, functions, params, { ...context, key: context.key.foldIn(identity) }, identity),
      )
    }
    const local = stackParams(parts.map(({ grads }) => grads))
    try {
      const {
        reduced,
        state,
        telemetry = {},
      } = await reducer.reduce(local, {
        collectives,
        state: reducerState,
        key: context.key.foldIn('reducer'),
        step: context.step,
      })
      checkSameStructure(params, reduced, { where: 'train', got: 'what the reducer returned' })
      return { ...average(parts), grads: reduced, reducerState: state, telemetry }
    } finally {
      disposeParams(local)
    }
  } finally {
    for (const { grads } of parts) disposeParams(grads)
  }
}

function average(parts: readonly WorkerGradient[]): Omit<WorkerGradient, 'grads'> {
  const metrics: Record<string, number> = {}
  let [loss, examples, tokens] = [0, 0, 0]
  for (const part of parts) {
    loss += part.loss / parts.length
    examples += part.examples
    tokens += part.tokens
    for (const [name, value] of Object.entries(part.metrics))
      metrics[name] = (metrics[name] ?? 0) + value / parts.length
  }
  return { loss, metrics, examples, tokens }
}
