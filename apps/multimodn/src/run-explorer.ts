import type { RunOutput } from '@lemanic/eval'
import {
  batchOf,
  type FusionModel,
  type MultimodalData,
  type SequentialModel,
  selectRows,
  splitRows,
} from '@lemanic/multimodal'
import { dispose, type Params, randomKey, scope } from '@lemanic/tensor-core'
import { allFamilyNames, type FamilyName, fitFamily, labelsOf, tasksOfFamily } from './data/family.js'
import { methodOf } from './methods.js'
import { foldOf, type MultiModNContext } from './run-real.js'
import { trainMethod } from './train-method.js'

/** Every ordered selection of what is there, shortest first: '' before anything, '20' for the third modality and then the first. */
export function arrivals(there: readonly number[]): string[] {
  const found = ['']
  for (let from = 0; from < found.length; from++) {
    for (const modality of there)
      if (!found[from]!.includes(String(modality))) found.push(found[from]! + String(modality))
  }
  return found
}

/** Test rows that a reader can pick: as many positives as negatives of the first task, where there are. */
export function shownRows(data: MultimodalData, task: string, rows: ArrayLike<number>, count: number): number[] {
  const { values, known } = data.targets[task]!
  const of = (label: number) => Array.from(rows).filter((row) => known[row] === 1 && values[row] === label)
  const [ones, zeros] = [of(1), of(0)]
  return Array.from({ length: count }, (_, at) => (at % 2 === 0 ? ones : zeros)[at >> 1]).filter(
    (row) => row !== undefined,
  )
}

/**
 * MultiModN for people: trained in random orders on one fold of each real data set; then, for some held-out samples, the
 * probability of every task after every ordered selection of their modalities. As flat numbers: `rows FAMILY` names the
 * samples' rows, `predictions FAMILY` has for each sample, arrival and task, in the order of `arrivals`, one probability.
 */
export async function runExplorer(seed: number, context: MultiModNContext): Promise<RunOutput> {
  const { engine, options, signal, report } = context
  const samples: Record<string, number[]> = {}
  const present = allFamilyNames.filter((name) => engine.data.families[name] !== undefined)
  for (const [at, name] of present.entries()) {
    const family = engine.data.families[name]!
    const { training, test } = foldOf(family, seed)
    const key = randomKey(59).foldIn(name).foldIn(seed)
    const { kept, split } = splitRows(labelsOf(family), training, { share: 1 / 6, key: key.foldIn('validation') })
    const fitted = fitFamily(family, kept)
    const { model, params } = await trainMethod(
      methodOf('random-order'),
      {
        shapes: {},
        encoders: fitted.encoders,
        tasks: Object.fromEntries(tasksOfFamily[name].map((task) => [task, fitted.tasks[task]!])),
      },
      {
        data: selectRows(fitted.data, kept),
        validation: selectRows(fitted.data, split),
        epochs: options.epochs,
        key,
        signal,
        onEpoch: (fraction) => report({ fraction: (at + fraction) / present.length, message: name }),
      },
    )
    const rows = shownRows(fitted.data, tasksOfFamily[name][0], test, options.shown)
    samples[`rows ${name}`] = rows
    samples[`predictions ${name}`] = rows.flatMap((row) => predictionsOf(model, params, fitted.data, row, name))
    dispose(params)
  }
  return { metrics: {}, samples }
}

function predictionsOf(
  model: FusionModel,
  params: Params,
  data: MultimodalData,
  row: number,
  family: FamilyName,
): number[] {
  const sequential = model as SequentialModel
  const there = model.modalities.flatMap((name, at) => (data.modalities[name]!.present[row] === 1 ? [at] : []))
  const batch = batchOf(model, data, [row])
  const states = new Map([['', scope(() => sequential.start(params, 1))]])
  const found: number[] = []
  for (const arrival of arrivals(there)) {
    if (arrival !== '') {
      const last = model.modalities[Number(arrival.at(-1))]!
      states.set(
        arrival,
        scope(() => sequential.step(params, states.get(arrival.slice(0, -1))!, last, batch.inputs[last]!)),
      )
    }
    const outputs = scope(() => sequential.decode(params, states.get(arrival)!))
    for (const task of tasksOfFamily[family]) {
      const [p] = model.tasks[task]!.estimate(outputs[task]!.dataSync()).values
      found.push(Math.round(1e4 * p!) / 1e4)
    }
    dispose(outputs)
  }
  dispose([batch, states])
  return found
}
