import { LemanicError } from '@lemanic/tensor-core'
import { checkKnown } from '../names.js'
import type { ColumnType, TableSchema, TargetSchema } from './schema.js'
import { numberAt, type Table, tableRows, textAt } from './table.js'

/** Sources of HAIM's embeddings, by the prefix of their columns (`vd_0`, `vd_1`, …). */
export const haimSources = {
  de: 'demographics',
  vd: 'dense features of the last X-ray',
  vp: 'predictions of the last X-ray',
  vmd: 'dense features of all X-rays',
  vmp: 'predictions of all X-rays',
  ts_ce: 'chart events',
  ts_le: 'laboratory events',
  ts_pe: 'procedure events',
  n_ecg: 'ECG notes',
  n_ech: 'echo notes',
  n_rad: 'radiology notes',
} as const
export type HaimSource = keyof typeof haimSources

export interface HaimOptions {
  /** In order of arrival. Default de, vd, n_ech, ts_ce: those of MultiModN's MIMIC experiment. */
  readonly sources?: readonly HaimSource[]
  /** Label columns. Default Enlarged Cardiomediastinum and Cardiomegaly, as MultiModN. */
  readonly targets?: readonly string[]
}

const defaultTargets = ['Enlarged Cardiomediastinum', 'Cardiomegaly']

/** Whether a column of the file is needed, for `readCsv({ columns })`: the whole file is too wide for most machines. */
export function haimColumns({ sources = ['de', 'vd', 'n_ech', 'ts_ce'], targets = defaultTargets }: HaimOptions = {}): (
  name: string,
) => boolean {
  const wanted = new Set(['haim_id', 'img_id', 'img_charttime', ...targets])
  return (name) => wanted.has(name) || sources.some((source) => belongsTo(name, source))
}

function belongsTo(name: string, source: string): boolean {
  return name.startsWith(`${source}_`) && /^\d+$/.test(name.slice(source.length + 1))
}

/**
 * HAIM-MIMIC-MM embeddings (`cxr_ic_fusion_1103.csv` of PhysioNet's haim-multimodal): one modality for each source, one
 * binary task for each label, grouped by hospital stay (`haim_id`). Labels other than 0 and 1 (uncertain: −1) are unknown;
 * rows without any label, and further rows of one picture at one time, are dropped.
 *
 * The file is credentialed and cannot be redistributed: columns are as its published code names them; we have not seen it.
 * Soenksen et al., "Integrated multimodal artificial intelligence framework for healthcare applications", 2022.
 *
 * Throws `unknown-column` for a label or key that is not there, `invalid-table` for a source without columns.
 */
export function haimTable(
  table: Table,
  options: HaimOptions = {},
): { readonly table: Table; readonly schema: TableSchema } {
  const { sources = ['de', 'vd', 'n_ech', 'ts_ce'], targets = defaultTargets } = options
  const names = Object.keys(table.columns)
  for (const name of ['haim_id', 'img_id', 'img_charttime', ...targets]) checkKnown('haimTable', 'column', name, names)
  const modalities = Object.fromEntries(
    sources.map((source) => {
      const own = names.filter((name) => belongsTo(name, source))
      if (own.length === 0)
        throw new LemanicError(
          'invalid-table',
          `haimTable: expected columns ${source}_0, ${source}_1, … of ${haimSources[source]}, got none`,
        )
      return [source, Object.fromEntries(own.map((name): [string, ColumnType] => [name, 'number']))]
    }),
  )
  const seen = new Set<string>()
  const rows: number[] = []
  for (let row = 0; row < table.rowCount; row++) {
    const picture = `${textAt(table.columns.img_id, row)} ${textAt(table.columns.img_charttime, row)}`
    const isLabelled = targets.some((name) => [0, 1].includes(numberAt(table.columns[name], name, row)))
    if (!isLabelled || seen.has(picture)) continue
    seen.add(picture)
    rows.push(row)
  }
  const kept = tableRows(table, rows)
  const columns = { ...kept.columns }
  for (const name of targets) {
    const values = Float64Array.from(rows, (_, row) => {
      const value = numberAt(kept.columns[name], name, row)
      return value === 0 || value === 1 ? value : NaN
    })
    columns[name] = { kind: 'number', values }
  }
  return {
    table: { rowCount: kept.rowCount, columns },
    schema: {
      modalities,
      targets: Object.fromEntries(
        targets.map((name): [string, TargetSchema] => [name, { kind: 'binary', column: name }]),
      ),
      group: 'haim_id',
    },
  }
}
