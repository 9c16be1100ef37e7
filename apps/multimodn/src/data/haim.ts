import { createReadStream } from 'node:fs'
import {
  haimColumns,
  type HaimSource,
  haimTable,
  readCsv,
  tableRows,
  type TargetSchema,
  textAt,
} from '@lemanic/multimodal'
import { chooseGroups } from './choose-groups.js'
import type { Family } from './family.js'

/** The file of HAIM's embeddings, by the name that PhysioNet gives it. */
export const haimFile = 'cxr_ic_fusion_1103.csv'

/** Tasks of the family and their columns in the file. */
const columns = { 'enlarged-cardiomediastinum': 'Enlarged Cardiomediastinum', cardiomegaly: 'Cardiomegaly' } as const

/**
 * The paper's own MIMIC experiment, where the user has the credentialed file: demographics, X-ray, echo notes and chart
 * events in this order, two cardiac labels, hospital stays as groups.
 */
export async function loadHaim(path: string, limit: number): Promise<Family> {
  const sources: readonly HaimSource[] = ['de', 'vd', 'n_ech', 'ts_ce']
  const raw = await readCsv(createReadStream(path, 'utf8'), { columns: haimColumns({ sources }) })
  const { table: whole, schema } = haimTable(raw, { sources })
  const stays = Array.from(
    { length: whole.rowCount },
    (_, row) => textAt(whole.columns['haim_id']!, row) ?? `row ${row}`,
  )
  const table = tableRows(
    whole,
    chooseGroups(
      stays,
      stays.map((_, row) => row),
      limit,
      'haim',
    ),
  )
  return {
    name: 'haim',
    table: {
      ...table,
      columns: {
        ...table.columns,
        ...Object.fromEntries(Object.entries(columns).map(([task, column]) => [task, table.columns[column]!])),
      },
    },
    schema: {
      ...schema,
      targets: Object.fromEntries(
        Object.keys(columns).map((task): [string, TargetSchema] => [task, { kind: 'binary', column: task }]),
      ),
    },
    series: {},
    order: sources,
    describe: () => ({
      de: 'demographics',
      vd: 'embedding of the X-ray',
      n_ech: 'embedding of the echo notes',
      ts_ce: 'statistics of chart events',
    }),
  }
}
