import { LemanicError, type RandomKey, RandomStream, shuffle } from '@lemanic/tensor-core'
import { checkKnown, invalid } from '../names.js'
import type { MultimodalData } from './multimodal-data.js'

/** What folds depend on: `MultimodalData`, or the labels of a table (`tableLabels`). */
type Labels = Pick<MultimodalData, 'rows' | 'targets' | 'groups'>

/** Rows of one fold: what is trained on, and what is held out. */
export interface Fold {
  readonly training: Int32Array
  readonly test: Int32Array
}

/**
 * Stratified, grouped folds: a group (`data.groups`; else each row is its own) is held out as a whole, in exactly one fold,
 * and folds are alike in size and in how often each class of `stratify` occurs.
 *
 * Groups are taken in random order, large ones first, and each goes to the fold that it leaves most even (sum of squares
 * of rows and of classes, each relative to its total): the rule of scikit-learn's StratifiedGroupKFold, with sizes besides.
 *
 * Throws `single-class` when a fold's training or test rows have one class only of a task in `stratify`.
 *
 * @param options.stratify Binary or multi-class tasks whose classes are to be spread. Default none.
 */
export function groupedFolds(
  data: Labels,
  options: { readonly folds: number; readonly stratify?: readonly string[]; readonly key: RandomKey },
): Fold[] {
  const { folds, stratify = [], key } = options
  const members = new Map<string | number, number[]>()
  for (let row = 0; row < data.rows; row++) {
    const group = data.groups?.[row] ?? row
    const rows = members.get(group)
    if (rows === undefined) members.set(group, [row])
    else rows.push(row)
  }
  if (!Number.isInteger(folds) || folds < 2 || folds > members.size)
    throw invalid('groupedFolds', `folds: expected a whole number from 2 to ${members.size} (groups), got ${folds}`)
  for (const task of stratify) checkKnown('groupedFolds', 'task', task, Object.keys(data.targets))
  // one counter for size, then one for each class of each task
  const counters = new Map<string, number>([['', 0]])
  const classOf = (task: string, row: number): string | undefined => {
    const { values, known, width } = data.targets[task]
    return known[row * (known.length / data.rows)] === 1 ? `${task} ${values[row * width]}` : undefined
  }
  const countsOf = (rows: readonly number[]): Map<string, number> => {
    const counts = new Map<string, number>([['', rows.length]])
    for (const task of stratify) {
      for (const row of rows) {
        const name = classOf(task, row)
        if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1)
      }
    }
    return counts
  }
  const groups = shuffle(key, [...members.values()]).map((rows) => ({ rows, counts: countsOf(rows) }))
  groups.sort((a, b) => b.rows.length - a.rows.length) // stable: equals stay in random order
  for (const { counts } of groups)
    for (const [name, count] of counts) counters.set(name, (counters.get(name) ?? 0) + count)
  const sums = Array.from({ length: folds }, () => new Map<string, number>())
  const held: number[][] = Array.from({ length: folds }, () => [])
  const stream = new RandomStream(key.foldIn('ties'))
  for (const { rows, counts } of groups) {
    const costs = sums.map((sum) => {
      let cost = 0
      for (const [name, count] of counts) {
        const before = sum.get(name) ?? 0
        cost += ((before + count) ** 2 - before ** 2) / counters.get(name)! ** 2
      }
      return cost
    })
    const least = Math.min(...costs)
    const ties = costs.flatMap((cost, fold) => (cost === least ? [fold] : []))
    const fold = ties[ties.length === 1 ? 0 : stream.nextBelow(ties.length)]
    held[fold].push(...rows)
    for (const [name, count] of counts) sums[fold].set(name, (sums[fold].get(name) ?? 0) + count)
  }
  return held.map((test, fold) => {
    const isHeld = new Uint8Array(data.rows)
    for (const row of test) isHeld[row] = 1
    const training = Int32Array.from(
      Array.from({ length: data.rows }, (_, row) => row).filter((row) => isHeld[row] === 0),
    )
    const rows = Int32Array.from(test).sort()
    for (const task of stratify) {
      checkTwoClasses(data, task, training, `groupedFolds: training rows of fold ${fold}`)
      checkTwoClasses(data, task, rows, `groupedFolds: test rows of fold ${fold}`)
    }
    return { training, test: rows }
  })
}

/** Refuses rows in which a task has labels of one class only (`single-class`). */
export function checkTwoClasses(
  data: Pick<MultimodalData, 'rows' | 'targets'>,
  task: string,
  rows: ArrayLike<number>,
  where: string,
): void {
  const { values, known, width } = data.targets[task]
  const labels = known.length / data.rows
  const seen = new Set<number>()
  for (let at = 0; at < rows.length; at++) if (known[rows[at] * labels] === 1) seen.add(values[rows[at] * width])
  if (seen.size >= 2) return
  throw new LemanicError(
    'single-class',
    `${where}: task "${task}": expected labels of at least two classes in ${rows.length} rows, got ${seen.size === 0 ? 'none' : `only ${[...seen][0]}`}`,
    {
      fields: { task, rows: rows.length, classes: [...seen] },
      help: 'take fewer folds, stratify by this task, or give more rows of the rarer class',
    },
  )
}

/** Splits rows in two by group, about `share` of the rows in the second part; for validation inside a fold. */
export function splitRows(
  data: Pick<MultimodalData, 'groups'>,
  rows: ArrayLike<number>,
  options: { readonly share: number; readonly key: RandomKey },
): { readonly kept: Int32Array; readonly split: Int32Array } {
  const { share, key } = options
  if (!(share > 0 && share < 1)) throw invalid('splitRows', `share: expected a number between 0 and 1, got ${share}`)
  const members = new Map<string | number, number[]>()
  for (let at = 0; at < rows.length; at++) {
    const group = data.groups?.[rows[at]] ?? rows[at]
    members.set(group, [...(members.get(group) ?? []), rows[at]])
  }
  const split: number[] = []
  const kept: number[] = []
  for (const group of shuffle(key, [...members.values()])) {
    if (split.length + group.length / 2 <= share * rows.length) split.push(...group)
    else kept.push(...group)
  }
  return { kept: Int32Array.from(kept).sort(), split: Int32Array.from(split).sort() }
}
