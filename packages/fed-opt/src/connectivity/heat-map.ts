import { argumentError } from '../refuse.js'
import { barrierAt, type Baseline, type ScanEntry } from './barrier.js'
import type { ConnectivityRecord } from './connectivity-record.js'
import type { Base } from './mix.js'

/** A matrix to be drawn: rows are sets of layers, columns moments of training. */
export interface HeatMap {
  readonly rows: readonly string[]
  readonly columns: readonly string[]
  /** cells[row][column]; null where nothing (or nothing finite) was measured. Not rounded. */
  readonly cells: readonly (readonly (number | null)[])[]
}

export interface HeatMapOptions {
  readonly measure: string
  /** Default `vsMean`. */
  readonly baseline?: Baseline
  /** Into which model; `mean` of both. Default `mean`. */
  readonly base?: Base | 'mean'
  /** Rows. Default: the single layers and, last, the whole model. */
  readonly entries?: (record: ConnectivityRecord) => readonly ScanEntry[]
  /** Name of a column. Default: the record's time. */
  readonly column?: (record: ConnectivityRecord) => string
}

/** Barriers over layers and time, as the paper's figure 1 shows them. Records must have the same sets. */
export function heatMap(records: readonly ConnectivityRecord[], options: HeatMapOptions): HeatMap {
  const {
    measure,
    baseline = 'vsMean',
    base = 'mean',
    entries = ({ singles, full }) => [...singles, full],
    column = ({ time }) => String(time),
  } = options
  const first = records[0]
  if (first === undefined) throw argumentError('heatMap', 'records: expected at least one, got none')
  const rows = entries(first).map(({ name }) => name)
  const columns = records.map((record) => {
    const own = entries(record)
    if (own.map(({ name }) => name).join('\n') !== rows.join('\n'))
      throw argumentError(
        'heatMap',
        `records: expected the sets ${rows.join(', ')} in each, got others at time ${record.time}`,
      )
    return own.map((entry) => {
      const value = entryBarrier(entry, measure, baseline, base)
      return Number.isFinite(value) ? value : null
    })
  })
  return { rows, columns: records.map(column), cells: rows.map((_, row) => columns.map((values) => values[row]!)) }
}

/** The barrier of a set at α = ½, from one base or the mean of those that were measured. */
export function entryBarrier(
  entry: ScanEntry,
  measure: string,
  baseline: Baseline = 'vsMean',
  base: Base | 'mean' = 'mean',
): number {
  const curves = (base === 'mean' ? [entry.a, entry.b] : [entry[base]]).filter((curve) => curve !== undefined)
  if (curves.length === 0) throw argumentError('entryBarrier', `"${entry.name}" was not measured from base ${base}`)
  return curves.reduce((sum, curve) => sum + barrierAt(curve, measure, baseline), 0) / curves.length
}

/** Names of the single layers from the lowest barrier to the highest: which to share first. */
export function layersByBarrier(record: ConnectivityRecord, measure: string, baseline: Baseline = 'vsMean'): string[] {
  return record.singles
    .map((entry) => ({ name: entry.name, value: entryBarrier(entry, measure, baseline) }))
    .sort((x, y) => x.value - y.value)
    .map(({ name }) => name)
}
