import { LemanicError, type Params, scope } from '@lemanic/tensor-core'
import { batchOf } from '../data/batch.js'
import type { MultimodalData } from '../data/multimodal-data.js'
import { checkFits, type FusionModel, type FusionRow } from '../fusion/fusion-model.js'
import { checkKnown, invalid } from '../names.js'
import type { Estimate, Task } from '../tasks/task.js'

/** What a model says of each sample before any modality and after each one: (modalities + 1) rows × tasks. */
export interface PredictionGrid {
  readonly count: number
  readonly tasks: Readonly<Record<string, Task>>
  /** Names of the modalities; `taken` points into them. */
  readonly modalities: readonly string[]
  /** Title of each row: null before any modality, then the modality; or `1st`, `2nd` … where each sample has its own order. */
  readonly rows: readonly (string | null)[]
  /** For each row [count]: which modality the sample took there, −1 for none. */
  readonly taken: readonly Int32Array[]
  /** For each row and task [count, task.outputs]. */
  readonly outputs: readonly Readonly<Record<string, Float32Array>>[]
}

export interface PredictOptions {
  readonly model: FusionModel
  readonly params: Params
  readonly data: MultimodalData
  /** Order in which modalities arrive, all of them or some: those left out are not looked at. Default: the model's. */
  readonly order?: readonly string[]
  /**
   * Samples at a time. It changes results only where whole batches skip (`skip: 'batch'`), which are then to be made as in
   * training. Default 256; 16, the reference code's, for such models.
   */
  readonly batchSize?: number
}

/**
 * Predicts every sample after every modality. For models that take all modalities at once row i is what they say of the
 * first i modalities alone.
 *
 * Throws `unknown-modality`, `invalid-shape`.
 */
export async function predictGrid(options: PredictOptions): Promise<PredictionGrid> {
  const { model, params, data } = options
  const batchSize = options.batchSize ?? (model.skip === 'batch' ? 16 : 256)
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw invalid('predictGrid', `batchSize: expected a whole number ≥ 1, got ${batchSize}`)
  checkFits(model, data, 'predictGrid', false)
  const isLearned = model.order === 'learned' && options.order === undefined
  const order = options.order ?? model.modalities
  order.forEach((name, at) => {
    checkKnown('predictGrid', 'modality', name, model.modalities)
    if (order.indexOf(name) !== at)
      throw invalid('predictGrid', `order: expected each modality once, got "${name}" twice`)
  })
  const titles: (string | null)[] = [null, ...(isLearned ? model.modalities.map((_, at) => ordinal(at + 1)) : order)]
  const taken = titles.map(() => new Int32Array(data.rows).fill(-1))
  const outputs = titles.map(() =>
    Object.fromEntries(
      Object.entries(model.tasks).map(([name, task]) => [name, new Float32Array(data.rows * task.outputs)]),
    ),
  )
  for (let start = 0; start < data.rows; start += batchSize) {
    const rows = Int32Array.from({ length: Math.min(batchSize, data.rows - start) }, (_, at) => start + at)
    const found = scope(() => rowsOf(model, params, data, rows, order, isLearned))
    for (const [row, { active, chosen, modality, outputs: own }] of found.entries()) {
      const [isActive, picks] = [await active.data(), await chosen?.data()]
      const index = modality === null ? -1 : model.modalities.indexOf(modality)
      for (let at = 0; at < rows.length; at++) {
        if (row === 0 || isActive[at] === 0) continue
        const width = model.modalities.length
        taken[row][start + at] = picks === undefined ? index : picks.subarray(at * width, (at + 1) * width).indexOf(1)
      }
      for (const [task, values] of Object.entries(own)) {
        outputs[row][task].set((await values.data()) as Float32Array, start * model.tasks[task].outputs)
      }
    }
    for (const { active, chosen, outputs: own } of found)
      for (const x of [active, chosen, ...Object.values(own)]) x?.dispose()
  }
  return { count: data.rows, tasks: model.tasks, modalities: model.modalities, rows: titles, taken, outputs }
}

/** The rows of one batch, whatever the kind of model. */
function rowsOf(
  model: FusionModel,
  params: Params,
  data: MultimodalData,
  rows: Int32Array,
  order: readonly string[],
  isLearned: boolean,
): Pick<FusionRow, 'modality' | 'active' | 'outputs' | 'chosen'>[] {
  if (model.kind === 'sequential') {
    const batch = batchOf(model, data, rows, isLearned ? {} : { order })
    return model.apply(params, batch).rows.map(({ change: _change, ...row }) => row)
  }
  const whole = batchOf(model, data, rows)
  return [null, ...order].map((modality, at) => {
    const without = model.modalities.filter((name) => !order.slice(0, at).includes(name))
    const { outputs, active } = model.apply(params, batchOf(model, data, rows, { without })).rows[0]
    return { modality, outputs, active: modality === null ? active : whole.present[modality] }
  })
}

function ordinal(n: number): string {
  return `${n}${['th', 'st', 'nd', 'rd'][n] ?? 'th'}`
}

/** What the model says of every sample in one row; negative rows count from the last, which is the default. */
export function estimatesOf(grid: PredictionGrid, task: string, row = -1): Estimate[] {
  checkKnown('estimatesOf', 'task', task, Object.keys(grid.tasks))
  const at = row < 0 ? grid.rows.length + row : row
  if (grid.outputs[at] === undefined) {
    throw new LemanicError(
      'invalid-argument',
      `estimatesOf: expected a row from 0 to ${grid.rows.length - 1}, got ${row}`,
    )
  }
  const values = grid.outputs[at][task]
  const { outputs } = grid.tasks[task]
  return Array.from({ length: grid.count }, (_, sample) =>
    grid.tasks[task].estimate(values.subarray(sample * outputs, (sample + 1) * outputs)),
  )
}
