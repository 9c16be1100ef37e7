import type { OrderName } from '@lemanic/curriculum'
import { EvalError, type RunContext, type RunOutput } from '@lemanic/eval'
import { disposeParams, type Evaluator, everySteps, type Params, train } from '@lemanic/tensor-core'
import { checkpointFolder } from '@lemanic/tensor-core/node'
import { evaluate } from '@lemanic/transformer'
import { type ArmName, isHop } from './arms.js'
import type { CotformerEngine } from './engine.js'
import { createHopRun, measureHops } from './hop-run.js'
import { measureHopRun, measureTextRun } from './measure-run.js'
import type { MetricName } from './metrics.js'
import type { CotformerOptions } from './options.js'
import { openRunLog } from './run-log.js'
import { createTrainingRun, type TrainingRun } from './training-run.js'

export type CotformerContext = RunContext<CotformerOptions, CotformerEngine>

/** The training of any arm. */
export function createRun(arm: ArmName, seed: number, { engine, options, dataOrder }: CotformerContext): TrainingRun {
  if (isHop(arm)) return createHopRun(arm, seed, options)
  return createTrainingRun(arm, seed, engine, options, dataOrder as OrderName | undefined)
}

/**
 * Trains one arm at one seed and measures it on the fixed validation sequences.
 *
 * The run saves itself every `checkpointEvery` steps and when it is stopped; started again it goes on and returns the
 * same numbers as without the interruption.
 */
export async function runArm(arm: ArmName, seed: number, context: CotformerContext): Promise<RunOutput<MetricName>> {
  const { options, signal, checkpointDirectory } = context
  const run = createRun(arm, seed, context)
  const log = openRunLog(checkpointDirectory)
  let params: Params | undefined
  const events = train({
    ...trainingParts(arm, run, options),
    steps: run.steps,
    checkpoint: { store: checkpointFolder(checkpointDirectory), every: options.checkpointEvery },
    signal,
  })
  for await (const event of events) {
    if (event.type === 'train-start') log.keepUpTo(event.step === 0 ? -1 : event.step)
    else if (event.type === 'evaluation-end')
      log.add({ kind: 'validation', step: event.step, loss: event.metrics.loss! })
    else if (event.type === 'step-end') {
      log.add({ kind: 'training', step: event.step, loss: event.loss })
      const validation = log.entries.findLast(({ kind }) => kind === 'validation')
      // An abort heard here ends the training above, which saves it first.
      await context
        .report({
          fraction: (event.step / run.steps) * 0.97,
          message: `seed ${seed}, step ${event.step}/${run.steps}${validation === undefined ? '' : `, loss ${validation.loss.toFixed(3)}`}`,
        })
        .catch(() => undefined)
    } else if (event.type === 'train-end') {
      params = event.params
    }
  }
  try {
    if (signal.aborted)
      throw new EvalError('run-aborted', 'The run was aborted; its checkpoint is kept.', { arm, seed })
    const trained = { arm, seed, run, params: params!, entries: log.entries }
    return await (isHop(arm) ? measureHopRun(trained, context) : measureTextRun(trained, context))
  } finally {
    if (params !== undefined) disposeParams(params)
  }
}

/** What training and probing have in common. */
export function trainingParts(arm: ArmName, run: TrainingRun, options: CotformerOptions) {
  const { model, optimizer, sampler, key, loss } = run
  const interval = Math.max(1, Math.round(run.steps / options.evaluationPoints))
  const isDue = everySteps(interval)
  const validation: Evaluator = {
    name: 'validation',
    isDue: (completed, total) => completed === 0 || isDue(completed, total),
    // Not interrupted by an abort: the checkpoint of this step is saved after it.
    evaluate: async (params) => ({ loss: await curveLoss(arm, run, params, options) }),
  }
  return { model, loss, sampler, optimizer, key, evaluators: [validation] }
}

/** A point of the validation curve. */
export async function curveLoss(
  arm: ArmName,
  { decoder, evaluationKey, curveSequences }: TrainingRun,
  params: Params,
  { batchSize, hop }: CotformerOptions,
): Promise<number> {
  if (isHop(arm)) return (await measureHops(decoder, params, hop, Math.ceil(hop.testSequences / 8))).loss
  return (await evaluate(decoder, params, curveSequences, { batchSize, key: evaluationKey })).loss
}
