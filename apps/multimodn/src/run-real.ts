import { leastSquaresSlope, mean, type RunContext, type RunOutput } from '@lemanic/eval'
import {
  contributions,
  type Fold,
  groupedFolds,
  predictGrid,
  type PredictionGrid,
  scoreGrid,
  selectRows,
  splitRows,
} from '@lemanic/multimodal'
import { dispose, randomKey } from '@lemanic/tensor-core'
import {
  type Family,
  type FamilyName,
  allFamilyNames,
  fitFamily,
  labelsOf,
  type TaskName,
  tasksOfFamily,
  tenTasks,
} from './data/family.js'
import type { MultiModNEngine } from './engine.js'
import { type MethodName, methodOf } from './methods.js'
import type { MultiModNOptions } from './options.js'
import { trainMethod } from './train-method.js'

export type MultiModNContext = RunContext<MultiModNOptions, MultiModNEngine>

const folds = 5

/** The fold of a seed: five folds, then other ones. */
export function foldOf(family: Family, seed: number): Fold {
  const key = randomKey(23)
    .foldIn(family.name)
    .foldIn(Math.floor(seed / folds))
  return groupedFolds(labelsOf(family), { folds, stratify: tasksOfFamily[family.name], key })[seed % folds]!
}

/**
 * One method on one fold of every real data set: a model for each task, or one for all tasks of a set. `auroc TASK` are on
 * the held-out rows; the best epoch was chosen by a sixth of the training groups.
 */
export async function runReal(
  method: MethodName,
  isMultiTask: boolean,
  seed: number,
  context: MultiModNContext,
): Promise<RunOutput> {
  const { options, engine, signal, report } = context
  const metrics: Record<string, number> = {}
  const samples: Record<string, number[]> = {}
  const present = allFamilyNames.filter((name) => engine.data.families[name] !== undefined)
  const jobs = present.flatMap((name): { name: FamilyName; tasks: readonly TaskName[] }[] =>
    isMultiTask ? [{ name, tasks: tasksOfFamily[name] }] : tasksOfFamily[name].map((task) => ({ name, tasks: [task] })),
  )
  for (const [at, { name, tasks }] of jobs.entries()) {
    const family = engine.data.families[name]!
    const fold = foldOf(family, seed)
    const key = randomKey(29).foldIn(name).foldIn(seed)
    const { kept, split } = splitRows(labelsOf(family), fold.training, { share: 1 / 6, key: key.foldIn('validation') })
    const fitted = fitFamily(family, kept)
    const test = selectRows(fitted.data, fold.test)
    const { model, params } = await trainMethod(
      methodOf(method),
      {
        shapes: Object.fromEntries(Object.entries(fitted.data.modalities).map(([own, { shape }]) => [own, shape])),
        encoders: fitted.encoders,
        tasks: Object.fromEntries(tasks.map((task) => [task, fitted.tasks[task]!])),
      },
      {
        data: selectRows(fitted.data, kept),
        validation: selectRows(fitted.data, split),
        epochs: options.epochs,
        key,
        signal,
        onEpoch: (fraction) => report({ fraction: (at + fraction) / jobs.length, message: `${name}, seed ${seed}` }),
      },
    )
    const grid = await predictGrid({ model, params, data: test })
    dispose(params)
    measure(grid, test, tasks, metrics, samples)
  }
  const aurocs = tenTasks.map((task) => metrics[`auroc ${task}`])
  if (aurocs.every((value) => value !== undefined)) metrics['auroc mean'] = mean(aurocs)
  const slopes = tenTasks.flatMap((task) => metrics[`slope ${task}`] ?? [])
  if (slopes.length > 0) metrics['loss slope'] = mean(slopes)
  return { metrics, samples }
}

/** Scores of the last row, and of sequential models what each row and each modality adds. */
function measure(
  grid: PredictionGrid,
  test: Parameters<typeof scoreGrid>[1],
  tasks: readonly TaskName[],
  metrics: Record<string, number>,
  samples: Record<string, number[]>,
): void {
  const rows = scoreGrid(grid, test)
  for (const task of tasks) {
    const aurocs = rows.map(({ tasks: scores }) => scores[task]!['auroc']!)
    const losses = rows.map(({ tasks: scores }) => scores[task]!['logLoss']!)
    metrics[`auroc ${task}`] = aurocs.at(-1)!
    metrics[`balanced ${task}`] = rows.at(-1)!.tasks[task]!['balancedAccuracy']!
    metrics[`slope ${task}`] = leastSquaresSlope(
      losses.map((_, at) => at),
      losses,
    )
    samples[`rows ${task}`] = aurocs
    const { of } = contributions(grid, { task })
    samples[`adds ${task}`] = grid.modalities.map((name) => {
      const own = of[name]!.filter((value) => value !== 0)
      return own.length === 0 ? 0 : mean(Array.from(own, Math.abs))
    })
  }
}
