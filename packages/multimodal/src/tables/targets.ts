import type { TargetData } from '../data/multimodal-data.js'
import { checkKnown, invalid } from '../names.js'
import { binaryTask } from '../tasks/binary-task.js'
import { multiClassTask, multiLabelTask } from '../tasks/class-tasks.js'
import { regressionTask } from '../tasks/regression-task.js'
import { survivalTask } from '../tasks/survival-task.js'
import type { Task } from '../tasks/task.js'
import type { TargetSchema } from './schema.js'
import { numberAt, type Table, textAt } from './table.js'

/** Targets with what was learned of them. */
export type FittedTargets = Readonly<
  Record<
    string,
    {
      readonly schema: TargetSchema
      readonly classes: readonly string[]
      readonly mean: number
      readonly deviation: number
    }
  >
>

const columnsOf = (schema: TargetSchema): readonly string[] => {
  if (schema.kind === 'multi-label') return schema.columns
  return schema.kind === 'survival' ? [schema.time, schema.event] : [schema.column]
}

/** Classes, means and deviations of targets on some rows. */
export function fitTargets(
  table: Table,
  targets: Readonly<Record<string, TargetSchema>>,
  rows: ArrayLike<number>,
): FittedTargets {
  return Object.fromEntries(
    Object.entries(targets).map(([task, schema]) => {
      for (const name of columnsOf(schema))
        checkKnown(`table: task "${task}"`, 'column', name, Object.keys(table.columns))
      let classes: string[] = []
      let [mean, deviation] = [0, 1]
      if (schema.kind === 'multi-class') {
        // all rows: a class that only the test rows have must have a number, too
        const found = new Set(
          Array.from({ length: table.rowCount }, (_, row) => textAt(table.columns[schema.column], row)),
        )
        found.delete(null)
        classes = schema.classes?.map(String) ?? ([...found] as string[]).sort()
        if (classes.length < 2)
          throw invalid(
            `table: task "${task}"`,
            `expected at least two classes in column "${schema.column}", got ${classes.length}`,
          )
      }
      if (schema.kind === 'regression') {
        const values = Array.from(rows, (row) => numberAt(table.columns[schema.column], schema.column, row)).filter(
          (value) => !Number.isNaN(value),
        )
        mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
        deviation =
          Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length)) || 1
      }
      if (schema.kind === 'survival' && !schema.ends.every((end, at) => at === 0 || end > schema.ends[at - 1]))
        throw invalid(`table: task "${task}"`, `ends: expected ascending numbers, got ${schema.ends.join(', ')}`)
      return [task, { schema, classes, mean, deviation }]
    }),
  )
}

/** The task of each target. */
export function tasksOf(targets: FittedTargets): Record<string, Task> {
  return Object.fromEntries(
    Object.entries(targets).map(([name, { schema, classes }]) => {
      switch (schema.kind) {
        case 'binary':
          return [name, binaryTask()]
        case 'multi-class':
          return [name, multiClassTask({ classes: classes.length })]
        case 'multi-label':
          return [name, multiLabelTask({ labels: schema.columns.length })]
        case 'regression':
          return [name, regressionTask()]
        case 'survival':
          return [name, survivalTask({ intervals: schema.ends.length })]
      }
    }),
  )
}

/** The targets of all rows. */
export function targetsOf(table: Table, targets: FittedTargets): Record<string, TargetData> {
  return Object.fromEntries(
    Object.entries(targets).map(([task, fitted]) => {
      const { schema } = fitted
      const width = schema.kind === 'multi-label' ? schema.columns.length : schema.kind === 'survival' ? 2 : 1
      const labels = schema.kind === 'multi-label' ? width : 1
      const values = new Float32Array(table.rowCount * width)
      const known = new Uint8Array(table.rowCount * labels)
      for (let row = 0; row < table.rowCount; row++) {
        const found = targetAt(table, fitted, row, `table: task "${task}", row ${row}`)
        found.forEach((value, at) => {
          if (value === undefined) return
          values[row * width + at] = value
          known[row * labels + (labels === 1 ? 0 : at)] = 1
        })
      }
      return [task, { width, values, known }]
    }),
  )
}

/** The target numbers of a row; undefined for an unknown one. */
function targetAt(
  table: Table,
  { schema, classes, mean, deviation }: FittedTargets[string],
  row: number,
  where: string,
): (number | undefined)[] {
  const number = (name: string): number | undefined => {
    const value = numberAt(table.columns[name], name, row)
    return Number.isNaN(value) ? undefined : value
  }
  const flag = (name: string): number | undefined => {
    const value = number(name)
    if (value !== undefined && value !== 0 && value !== 1)
      throw invalid(where, `column "${name}": expected 0 or 1, got ${value}`)
    return value
  }
  switch (schema.kind) {
    case 'binary': {
      const text = textAt(table.columns[schema.column], row)
      return [text === null ? undefined : text === String(schema.positive ?? 1) ? 1 : 0]
    }
    case 'multi-class': {
      const text = textAt(table.columns[schema.column], row)
      const place = text === null ? -1 : classes.indexOf(text)
      if (text !== null && place < 0)
        throw invalid(where, `column "${schema.column}": expected one of ${classes.join(', ')}, got "${text}"`)
      return [place < 0 ? undefined : place]
    }
    case 'multi-label':
      return schema.columns.map(flag)
    case 'regression': {
      const value = number(schema.column)
      return [value === undefined ? undefined : (value - mean) / deviation]
    }
    case 'survival': {
      const [time, event] = [number(schema.time), flag(schema.event)]
      if (time === undefined || event === undefined) return [undefined, undefined]
      // an event in the interval that ends at or after its time; a censored one survived the intervals that ended by then
      const within = schema.ends.findIndex((end) => time <= end)
      if (event === 1 && within >= 0) return [within, 1]
      return [schema.ends.filter((end) => end <= time).length, 0]
    }
  }
}
