import type { RunOutput } from '@lemanic/eval'
import {
  binaryTask,
  calibrationByPattern,
  type FusionModel,
  missingByClass,
  type MultimodalData,
  predictGrid,
  scoreGrid,
  selectRows,
  withMissing,
} from '@lemanic/multimodal'
import { dispose, type Params, randomKey, type RandomKey } from '@lemanic/tensor-core'
import type { MnarMethod } from './arms.js'
import { fitFamily } from './data/family.js'
import { syntheticData } from './data/synthetic.js'
import { type Method, methodOf, type ModelParts } from './methods.js'
import { foldOf, type MultiModNContext } from './run-real.js'
import { syntheticParts } from './run-synthetic.js'
import { trainMethod } from './train-method.js'

/** Name of a measure at a share of the positives. */
export const mnarMetric = (test: 'intact' | 'same' | 'flipped', share: number): string =>
  `${test} ${Math.round(100 * share)}`

interface MnarProblem {
  readonly parts: ModelParts
  readonly data: MultimodalData
  readonly test: MultimodalData
  readonly task: string
  /** The modality that goes missing. */
  readonly modality: string
  readonly epochs: number
  readonly key: RandomKey
}

/** A share of the rows of one class loses a modality. */
function take(
  data: MultimodalData,
  problem: MnarProblem,
  label: number,
  share: number,
  method: Method,
  key: RandomKey,
): MultimodalData {
  if (share === 0) return data
  const pattern = missingByClass({
    labels: data.targets[problem.task]!.values,
    label,
    modalities: 1,
    modality: 0,
    share,
    choice: method.ordered === true ? 'first' : 'random',
    key,
  })
  return withMissing(data, pattern, [problem.modality])
}

/**
 * Trains where a share of the positives lacks the modality, for each share, and tests on intact rows, on rows with the
 * same missingness, and with the negatives lacking it.
 */
async function runShares(
  method: Method,
  problem: MnarProblem,
  seed: number,
  context: MultiModNContext,
): Promise<RunOutput> {
  const { shares } = context.options.mnar
  const metrics: Record<string, number> = {}
  const missing = problem.key.foldIn('missing')
  for (const [at, share] of shares.entries()) {
    const { model, params } = await trainMethod(method, problem.parts, {
      data: take(problem.data, problem, 1, share, method, missing.foldIn('training')),
      epochs: problem.epochs,
      key: problem.key.foldIn('training'),
      signal: context.signal,
      onEpoch: (fraction) =>
        context.report({ fraction: (at + fraction) / shares.length, message: `p = ${share}, seed ${seed}` }),
    })
    const tests = {
      intact: problem.test,
      same: take(problem.test, problem, 1, share, method, missing.foldIn('test')),
      flipped: take(problem.test, problem, 0, share, method, missing.foldIn('test')),
    }
    for (const [name, data] of Object.entries(tests) as ['intact' | 'same' | 'flipped', MultimodalData][]) {
      const found = await score(model, params, data, problem.task)
      metrics[mnarMetric(name, share)] = found.auroc
      metrics[`calibration ${mnarMetric(name, share)}`] = found.calibration
    }
    dispose(params)
  }
  return { metrics }
}

/** AUROC, and the calibration error within patterns of missing modalities. */
async function score(
  model: FusionModel,
  params: Params,
  data: MultimodalData,
  task: string,
): Promise<{ readonly auroc: number; readonly calibration: number }> {
  const grid = await predictGrid({ model, params, data })
  const patterns = calibrationByPattern(grid, data, { task })
  const total = patterns.reduce((sum, { count }) => sum + count, 0)
  return {
    auroc: scoreGrid(grid, data).at(-1)!.tasks[task]!['auroc']!,
    calibration: patterns.reduce((sum, { error, count }) => sum + error * (count / total), 0),
  }
}

/** On synthetic data: the strong modality goes missing, first, in the middle or last in the order. */
export function runSyntheticMnar(
  method: MnarMethod,
  position: 'first' | 'middle' | 'last',
  seed: number,
  context: MultiModNContext,
): Promise<RunOutput> {
  const { training, test, epochs } = context.options.synthetic
  const directions = randomKey(31).foldIn(seed)
  const make = (part: string, rows: number) =>
    syntheticData({ rows, directions, key: randomKey(37).foldIn(part).foldIn(seed) })
  const data = make('training', training)
  const order = {
    first: ['strong', 'small', 'wide'],
    middle: ['small', 'strong', 'wide'],
    last: ['small', 'wide', 'strong'],
  }[position]
  const widths = Object.fromEntries(order.map((name) => [name, data.modalities[name]!.shape[0]!]))
  return runShares(
    methodOf(method),
    {
      parts: { ...syntheticParts(widths), tasks: { first: binaryTask() } },
      data,
      test: make('test', test),
      task: 'first',
      modality: 'strong',
      epochs,
      key: randomKey(43).foldIn(seed),
    },
    seed,
    context,
  )
}

/** On Project STAR: grade 2 goes missing, beside what is missing anyway, and mathematics in grade 3 is predicted. */
export async function runRealMnar(method: MnarMethod, seed: number, context: MultiModNContext): Promise<RunOutput> {
  const family = context.engine.data.families.education
  if (family === undefined) return { metrics: {} }
  const task = 'mathematics'
  const { training, test } = foldOf(family, seed)
  const fitted = fitFamily(family, training)
  const labelled = (rows: Int32Array) => rows.filter((row) => fitted.data.targets[task]!.known[row] === 1)
  return runShares(
    methodOf(method),
    {
      parts: {
        shapes: Object.fromEntries(Object.entries(fitted.data.modalities).map(([name, { shape }]) => [name, shape])),
        encoders: fitted.encoders,
        tasks: { [task]: binaryTask() },
      },
      data: selectRows(fitted.data, labelled(training)),
      test: selectRows(fitted.data, labelled(test)),
      task,
      modality: 'grade-2',
      epochs: context.options.mnar.realEpochs,
      key: randomKey(47).foldIn(seed),
    },
    seed,
    context,
  )
}
