import type { OrderName } from '@lemanic/curriculum'
import { EvalError, type RunContext, type RunOutput } from '@lemanic/eval'
import { disposeParams, type Evaluator, everySteps, type Params, train } from '@lemanic/tensor-core'
import { checkpointFolder } from '@lemanic/tensor-core/node'
import { bitsPerByte, countMultiplyAccumulates, countParameters, evaluate, perplexity } from '@lemanic/transformer'
import { type ArmName, modelOptions } from './arms.js'
import type { CotformerEngine } from './engine.js'
import type { MetricName } from './metrics.js'
import type { CotformerOptions } from './options.js'
import { type LogEntry, openRunLog } from './run-log.js'
import { createTrainingRun, type TrainingRun } from './training-run.js'

export type CotformerContext = RunContext<CotformerOptions, CotformerEngine>

/**
 * Trains one arm at one seed and measures it on the fixed validation sequences.
 *
 * The run saves itself every `checkpointEvery` steps and when it is stopped; started again it goes on and returns the
 * same numbers as without the interruption.
 */
export async function runArm(arm: ArmName, seed: number, context: CotformerContext): Promise<RunOutput<MetricName>> {
  const { options, engine, signal, checkpointDirectory } = context
  const run = createTrainingRun(arm, seed, engine, options, context.dataOrder as OrderName | undefined)
  const log = openRunLog(checkpointDirectory)
  let params: Params | undefined
  const events = train({
    ...trainingParts(run, options),
    steps: options.steps,
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
          fraction: (event.step / options.steps) * 0.97,
          message: `seed ${seed}, step ${event.step}/${options.steps}${validation === undefined ? '' : `, loss ${validation.loss.toFixed(3)}`}`,
        })
        .catch(() => undefined)
    } else if (event.type === 'train-end') {
      params = event.params
    }
  }
  try {
    if (signal.aborted)
      throw new EvalError('run-aborted', 'The run was aborted; its checkpoint is kept.', { arm, seed })
    return await measure(arm, run, params!, log.entries, context)
  } finally {
    if (params !== undefined) disposeParams(params)
  }
}

/** What training and probing have in common. */
export function trainingParts(
  { model, optimizer, sampler, key, loss, curveSequences }: TrainingRun,
  options: CotformerOptions,
) {
  const interval = Math.max(1, Math.round(options.steps / options.evaluationPoints))
  const isDue = everySteps(interval)
  const validation: Evaluator = {
    name: 'validation',
    isDue: (completed, total) => completed === 0 || isDue(completed, total),
    async evaluate(params) {
      // Not interrupted by an abort: the checkpoint of this step is saved after it.
      const { loss: value } = await evaluate(model, params, curveSequences, { batchSize: options.batchSize })
      return { loss: value }
    },
  }
  return { model, loss, sampler, optimizer, key, evaluators: [validation] }
}

async function measure(
  arm: ArmName,
  run: TrainingRun,
  params: Params,
  entries: readonly LogEntry[],
  { options, engine, signal }: CotformerContext,
): Promise<RunOutput<MetricName>> {
  const { loss, sequenceLosses } = await evaluate(run.model, params, run.finalSequences, {
    batchSize: options.batchSize,
    signal,
  })
  const model = modelOptions(arm, options)
  const macs = countMultiplyAccumulates(model, { tokens: options.contextLength, logits: 'all' }).total
  const training = entries.filter(({ kind }) => kind === 'training')
  const validation = entries.filter(({ kind }) => kind === 'validation')
  const lastTenth = training.slice(-Math.max(1, Math.round(options.steps / 10)))
  // Three forward passes' worth of products a step: one forward, two backward.
  const giga = (step: number) => (step * options.batchSize * macs * 3) / 1e9
  const afterStart = validation.filter(({ step }) => step > 0)
  return {
    metrics: {
      loss,
      perplexity: perplexity(loss),
      bitsPerByte: bitsPerByte(loss, engine.text.validation.bytesPerToken),
      trainingLoss: average(lastTenth),
      parameters: countParameters(model).total,
      macsPerToken: macs / options.contextLength,
    },
    curves: {
      perplexityByStep: { x: validation.map(({ step }) => step), y: validation.map((entry) => perplexity(entry.loss)) },
      perplexityByCompute: {
        x: afterStart.map(({ step }) => giga(step)),
        y: afterStart.map((entry) => perplexity(entry.loss)),
      },
      trainingLoss: windowed(training, options),
    },
    samples: { sequenceLoss: Array.from(sequenceLosses) },
  }
}

function average(entries: readonly LogEntry[]): number {
  return entries.reduce((sum, { loss }) => sum + loss, 0) / entries.length
}

/** Means over forty windows of steps (or one a step where there are fewer). */
function windowed(training: readonly LogEntry[], { steps }: CotformerOptions): { x: number[]; y: number[] } {
  const size = Math.max(1, Math.round(steps / 40))
  const windows = Array.from({ length: Math.floor(training.length / size) }, (_, index) =>
    training.slice(index * size, (index + 1) * size),
  )
  return { x: windows.map((window) => window.at(-1)!.step), y: windows.map(average) }
}
