import { LemanicError } from '../errors.js'
import { eventLoopTurn } from '../event-loop-turn.js'
import { countParams, disposeParams } from '../params/lifetime.js'
import { dispose, scope } from '../scope.js'
import type { CheckpointSavedEvent, EvaluationEndEvent, StepEndEvent, TrainEvent } from './events.js'
import { checkTrainOptions, type TrainOptions } from './options.js'
import { stepGradient } from './reduced-gradient.js'
import { StepFunctions } from './step-functions.js'
import { fromCheckpoint, initialState, replaceState, toCheckpoint, type TrainingState } from './training-state.js'

/**
 * The training loop, as events:
 *
 *     for await (const event of train({ model, loss, sampler, optimizer, steps, key })) …
 *
 * Each step draws a batch, takes the gradient, lets the reducer make one of many, and gives it to the optimizer.
 * Evaluators, checkpoints and reporters come between steps. With `checkpoint` an interrupted training goes on with the
 * same numbers as an uninterrupted one. The number of live tensors does not grow; leaving the loop early gives all
 * memory back; with `train-end` the parameters become the caller's.
 *
 * Throws at once for unknown or impossible options (`invalid-argument`), and while running `loss-not-finite` before a
 * loss that is NaN or infinite reaches the parameters; checkpoints saved before stay.
 */
export function train<Batch, Output>(options: TrainOptions<Batch, Output>): AsyncGenerator<TrainEvent, void, void> {
  checkTrainOptions(options)
  return run(options)
}

async function* run<Batch, Output>(options: TrainOptions<Batch, Output>): AsyncGenerator<TrainEvent, void, void> {
  const { steps, signal, checkpoint, reporters = [] } = options
  const tell = async <Event extends TrainEvent>(event: Event): Promise<Event> => {
    for (const reporter of reporters) await reporter.report(event)
    return event
  }
  const functions = new StepFunctions(options)
  let state: TrainingState = initialState(options)
  let isOurs = true
  let savedAt: number | undefined
  try {
    let resumedFrom: string | undefined
    if (checkpoint !== undefined && checkpoint.resume !== false) {
      const { loaded, refused } = await checkpoint.store.load()
      for (const { path, message } of refused) yield await tell({ type: 'checkpoint-refused', path, message })
      if (loaded !== undefined) {
        state = fromCheckpoint(loaded, state, options)
        resumedFrom = loaded.path
        savedAt = state.step
      }
    }
    yield await tell({
      type: 'train-start',
      step: state.step,
      steps,
      parameterCount: countParams(state.params),
      resumedFrom,
    })
    if (state.step === 0) for await (const event of evaluate(state, options)) yield await tell(event)
    while (state.step < steps && signal?.aborted !== true) {
      const taken: StepResult = await takeStep(state, options, functions)
      state = taken.next
      yield await tell(taken.event)
      if (signal !== undefined) await eventLoopTurn()
      for await (const evaluation of evaluate(state, options)) yield await tell(evaluation)
      if (checkpoint?.every !== undefined && state.step % checkpoint.every === 0) {
        savedAt = state.step
        yield await tell(await save(state, options))
      }
    }
    if (checkpoint !== undefined && savedAt !== state.step) yield await tell(await save(state, options))
    const { step, params, ...rest } = state
    dispose(rest)
    isOurs = false
    const reason = step === steps ? 'completed' : 'aborted'
    yield await tell({ type: 'train-end', step, reason, params, compilation: functions.report() })
  } finally {
    functions.dispose()
    if (isOurs) dispose(state)
  }
}

interface StepResult {
  readonly next: TrainingState
  readonly event: StepEndEvent
}

async function takeStep<Batch, Output>(
  state: TrainingState,
  options: TrainOptions<Batch, Output>,
  functions: StepFunctions<Batch, Output>,
): Promise<StepResult> {
  const { optimizer, sampler, clock, steps, key } = options
  const started = clock?.()
  const { step } = state
  const gradient = await stepGradient(
    options,
    functions,
    state.params,
    { key: key.foldIn('steps').foldIn(step), training: true, step },
    state.reducer,
  )
  const { loss, grads, metrics, telemetry, examples, tokens, reducerState } = gradient
  try {
    if (!Number.isFinite(loss)) throw notFinite('loss', loss, step + 1)
    const updated = await functions.update(grads, state.optimizer, state.params, step, (norm) => {
      if (!Number.isFinite(norm)) throw notFinite('gradient norm', norm, step + 1)
    })
    const { gradientNorm } = updated
    const learningRate = optimizer.learningRate?.(step)
    const next = replaceState(state, {
      step: step + 1,
      params: updated.params,
      optimizer: updated.state,
      reducer: reducerState,
    })
    try {
      scope(() => sampler.observe?.({ step, loss, learningRate, metrics, params: next.params, grads }))
    } catch (error) {
      dispose(next)
      throw error
    }
    const seconds = started === undefined || clock === undefined ? undefined : (clock() - started) / 1000
    const rate = (amount: number): number | undefined =>
      seconds === undefined || seconds <= 0 || amount === 0 ? undefined : amount / seconds
    return {
      next,
      event: {
        type: 'step-end',
        step: step + 1,
        steps,
        loss,
        learningRate,
        gradientNorm,
        metrics,
        telemetry,
        seconds,
        examplesPerSecond: rate(examples),
        tokensPerSecond: rate(tokens),
      },
    }
  } finally {
    disposeParams(grads)
  }
}

function notFinite(what: string, value: number, step: number): LemanicError {
  return new LemanicError(
    'loss-not-finite',
    `train: the ${what} of step ${step} is ${value}; the parameters still are those of step ${step - 1}, and checkpoints saved before stay`,
    {
      fields: { step, value },
      help: 'try a lower learning rate, a longer warm-up, chain(clipByGlobalNorm(1), …), and look at the data of this step',
    },
  )
}

async function* evaluate<Batch, Output>(
  state: TrainingState,
  options: TrainOptions<Batch, Output>,
): AsyncGenerator<EvaluationEndEvent> {
  const { step, params } = state
  for (const evaluator of options.evaluators ?? []) {
    const isDue = evaluator.isDue?.(step, options.steps) ?? step === options.steps
    if (!isDue) continue
    const metrics = await evaluator.evaluate(params, {
      key: options.key.foldIn('evaluation').foldIn(step),
      training: false,
      step,
    })
    yield { type: 'evaluation-end', step, name: evaluator.name, metrics }
  }
}

async function save<Batch, Output>(
  state: TrainingState,
  options: TrainOptions<Batch, Output>,
): Promise<CheckpointSavedEvent> {
  const path = await options.checkpoint?.store.save(await toCheckpoint(state, options))
  return { type: 'checkpoint-saved', step: state.step, path: path as string }
}
