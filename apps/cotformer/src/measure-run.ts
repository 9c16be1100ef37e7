import type { RunOutput } from '@lemanic/eval'
import { type Params, randomKey } from '@lemanic/tensor-core'
import {
  bitsPerByte,
  countMultiplyAccumulates,
  countParameters,
  type DecoderOptions,
  evaluate,
  perplexity,
  sampleCapacities,
} from '@lemanic/transformer'
import { type ArmName, isAdaptive, isHop, modelOptions } from './arms.js'
import { chunkTokens } from './corpus-chunks.js'
import { measureHops } from './hop-run.js'
import { averageRepeats, measureBudgets } from './measure-budgets.js'
import type { HopMetric, MetricName } from './metrics.js'
import type { CotformerOptions } from './options.js'
import { attentionCurves, traceCurves } from './pictures.js'
import type { CotformerContext } from './run-arm.js'
import type { LogEntry } from './run-log.js'
import { spreadSequences, type TrainingRun } from './training-run.js'

type Output = RunOutput<MetricName>
type Curves = Record<string, { x: number[]; y: number[] }>

/** A training that is done, and what it logged. */
export interface TrainedRun {
  readonly arm: ArmName
  readonly seed: number
  readonly run: TrainingRun
  readonly params: Params
  readonly entries: readonly LogEntry[]
}

/** Sequences for attention pictures, and for calibration and average repeats. */
const [pictureSequences, calibrationSequences] = [16, 64]

/** Loss, budgets and pictures of an arm that was trained on text. */
export async function measureTextRun(trained: TrainedRun, context: CotformerContext): Promise<Output> {
  const { arm, seed, run, params, entries } = trained
  const { options, engine, signal } = context
  const { decoder, evaluationKey, finalSequences } = run
  const { batchSize } = options
  const { loss, sequenceLosses } = await evaluate(decoder, params, finalSequences, {
    batchSize,
    signal,
    key: evaluationKey,
  })
  const model = modelOptions(arm, options)
  const metrics: Record<string, number> = {
    loss,
    perplexity: perplexity(loss),
    bitsPerByte: bitsPerByte(loss, engine.text.validation.bytesPerToken),
    ...sharedMetrics(model, entries, run.steps),
  }
  const curves: Curves = lossCurves(trained, options)
  if (decoder.config.stack.halting !== 'none')
    metrics.averageRepeats = await averageRepeats(decoder, params, finalSequences.slice(0, calibrationSequences))
  if (isAdaptive(arm)) {
    const training = chunkTokens(engine.text.training.tokens, options.contextLength)
    const calibration = spreadSequences(training, calibrationSequences).map((sequence) => sequence.subarray(0, -1))
    const parts = { model: decoder, options: model, params }
    const budgets = await measureBudgets(parts, { sequences: finalSequences, calibration, batchSize, signal })
    Object.assign(metrics, budgets.metrics)
    Object.assign(curves, budgets.curves)
    if (seed === 0 && arm === 'adaptive-embedding') {
      const { tokenizer } = engine.text
      const textOf = (id: number): string => tokenizer.decode([id])
      Object.assign(curves, await traceCurves(decoder, params, finalSequences[0]!, budgets.thresholds, textOf))
    }
  }
  if (seed === 0 && arm === 'ln-cotformer')
    Object.assign(curves, await attentionCurves(decoder, params, finalSequences.slice(0, pictureSequences)))
  return {
    metrics: metrics as Output['metrics'],
    curves,
    samples: { sequenceLoss: Array.from(sequenceLosses) },
  }
}

/** Accuracy of an arm of the p-hop probe. */
export async function measureHopRun(trained: TrainedRun, { options }: CotformerContext): Promise<Output> {
  const { arm, run, params, entries } = trained
  const { hop } = options
  const { loss, accuracies } = await measureHops(run.decoder, params, hop, hop.testSequences)
  const byHops = Object.fromEntries(hop.hops.map((p, i) => [`accuracy${p}` as HopMetric, accuracies[i]!]))
  const metrics: Record<string, number> = {
    loss,
    ...sharedMetrics(modelOptions(arm, options), entries, run.steps),
    accuracy: accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length,
    ...byHops,
  }
  const { trainingLoss, perplexityByStep } = lossCurves(trained, options)
  return {
    metrics: metrics as Output['metrics'],
    curves: {
      trainingLoss: trainingLoss!,
      hopLoss: { x: perplexityByStep!.x, y: perplexityByStep!.y.map(Math.log) },
      hopAccuracy: { x: [...hop.hops], y: accuracies },
    },
  }
}

function sharedMetrics(model: DecoderOptions, entries: readonly LogEntry[], steps: number) {
  const training = entries.filter(({ kind }) => kind === 'training')
  return {
    trainingLoss: average(training.slice(-Math.max(1, Math.round(steps / 10)))),
    parameters: countParameters(model).total,
    macsPerToken: macsPerToken(model),
  }
}

/** Multiply–accumulates of a forward pass for one token, all repeats, with logits at every place. */
function macsPerToken(model: DecoderOptions, capacities?: readonly number[]): number {
  const tokens = model.contextLength
  const options = { tokens, logits: 'all', ...(capacities && { capacities }) } as const
  return countMultiplyAccumulates(model, options).total / tokens
}

/** The same in training: of an adaptive model, the mean over capacities as they are drawn. */
export function trainingMacsPerToken(model: DecoderOptions): number {
  const { halting, capacities = 'uniform', repeats = 1 } = model.stack
  if (halting !== 'mixture-of-repeats') return macsPerToken(model)
  if (typeof capacities !== 'string') return macsPerToken(model, capacities)
  const draws = Array.from({ length: 500 }, (_, i) => sampleCapacities(capacities, repeats - 1, randomKey(i)))
  return draws.reduce((sum, drawn) => sum + macsPerToken(model, drawn), 0) / draws.length
}

/** Validation loss by steps and by computation, and training loss. */
function lossCurves({ arm, run, entries }: TrainedRun, options: CotformerOptions): Curves {
  const training = entries.filter(({ kind }) => kind === 'training')
  const validation = entries.filter(({ kind }) => kind === 'validation')
  const model = modelOptions(arm, options)
  const batchSize = isHop(arm) ? options.hop.batchSize : options.batchSize
  // Three forward passes' worth of products a step: one forward, two backward.
  const gigaPerStep = (batchSize * model.contextLength * trainingMacsPerToken(model) * 3) / 1e9
  const afterStart = validation.filter(({ step }) => step > 0)
  return {
    perplexityByStep: { x: validation.map(({ step }) => step), y: validation.map((entry) => perplexity(entry.loss)) },
    perplexityByCompute: {
      x: afterStart.map(({ step }) => step * gigaPerStep),
      y: afterStart.map((entry) => perplexity(entry.loss)),
    },
    trainingLoss: windowed(training, run.steps),
  }
}

function average(entries: readonly LogEntry[]): number {
  return entries.reduce((sum, { loss }) => sum + loss, 0) / entries.length
}

/** Means over forty windows of steps (or one a step where there are fewer). */
function windowed(training: readonly LogEntry[], steps: number): { x: number[]; y: number[] } {
  const size = Math.max(1, Math.round(steps / 40))
  const windows = Array.from({ length: Math.floor(training.length / size) }, (_, index) =>
    training.slice(index * size, (index + 1) * size),
  )
  return { x: windows.map((window) => window.at(-1)!.step), y: windows.map(average) }
}
