import {
  type EncoderFactory,
  fitTable,
  type FittedTable,
  type MultimodalData,
  perceptronEncoder,
  recurrentEncoder,
  seriesModality,
  type SeriesOptions,
  type Table,
  tableData,
  tableLabels,
  type TableSchema,
  type Task,
  tableTasks,
} from '@lemanic/multimodal'

export const familyNames = ['health', 'education', 'weather', 'wind'] as const
/** The families of the ten tasks, and HAIM's embeddings, which only a user with credentials has. */
export const allFamilyNames = [...familyNames, 'haim'] as const
export type FamilyName = (typeof allFamilyNames)[number]

/** The ten real tasks, and those of HAIM, by family. */
export const tasksOfFamily = {
  health: ['death', 'hypertension', 'dyslipidemia'],
  education: ['mathematics', 'reading', 'free-lunch'],
  weather: ['rain', 'warmer'],
  wind: ['dublin', 'malin-head'],
  haim: ['enlarged-cardiomediastinum', 'cardiomegaly'],
} as const satisfies Readonly<Record<FamilyName, readonly string[]>>

/** The ten real tasks. */
export const tenTasks = familyNames.flatMap((name): readonly TaskName[] => tasksOfFamily[name])

export type TaskName = (typeof tasksOfFamily)[FamilyName][number]

export const taskTitles: Readonly<Record<TaskName, string>> = {
  death: 'Death within ten years',
  hypertension: 'Hypertension within five years',
  dyslipidemia: 'Dyslipidemia within five years',
  mathematics: 'Mathematics in grade 3 above the median',
  reading: 'Reading in grade 3 above the median',
  'free-lunch': 'Free lunch in grade 3',
  rain: 'Rain tomorrow',
  warmer: 'Warmer tomorrow',
  dublin: 'Tomorrow’s wind at Dublin above its median',
  'malin-head': 'Tomorrow’s wind at Malin Head above its median',
  'enlarged-cardiomediastinum': 'MIMIC: enlarged cardiomediastinum',
  cardiomegaly: 'MIMIC: cardiomegaly',
}

/** A real data set: a table, series besides, and how they are split into modalities and tasks. */
export interface Family {
  readonly name: FamilyName
  readonly table: Table
  readonly schema: TableSchema
  /** Series by modality; the rows' ids are in the column `row`. */
  readonly series: Readonly<Record<string, Omit<SeriesOptions, 'ids' | 'scale'>>>
  /** Order in which modalities arrive. */
  readonly order: readonly string[]
  /** One sample's modalities in words, for people. */
  describe(row: number): Readonly<Record<string, string>>
}

/** A family whose scaling was fitted on some rows. */
export interface FittedFamily {
  readonly data: MultimodalData
  readonly tasks: Readonly<Record<string, Task>>
  /** Encoders for a model with a state, with this drop-out of their input. */
  encoders(dropout: number): Record<string, EncoderFactory>
}

/** Labels and groups, which folds need. */
export function labelsOf(family: Family): ReturnType<typeof tableLabels> {
  return tableLabels(family.table, family.schema)
}

/** Scales everything by the training rows alone. */
export function fitFamily(family: Family, training: ArrayLike<number>): FittedFamily {
  const { table, schema, series, order } = family
  const fitted: FittedTable = fitTable(table, schema, training)
  const data = tableData(fitted, table)
  const ids = Array.from({ length: table.rowCount }, (_, row) => row)
  const all = {
    ...data.modalities,
    ...Object.fromEntries(
      Object.entries(series).map(([name, options]) => [
        name,
        seriesModality({ ...options, ids, scale: training }).modality,
      ]),
    ),
  }
  const modalities = Object.fromEntries(order.map((name) => [name, all[name]!]))
  return {
    data: { ...data, modalities },
    tasks: tableTasks(fitted),
    encoders: (dropout) =>
      Object.fromEntries(
        order.map((name) => {
          const { shape } = modalities[name]!
          return [
            name,
            shape.length === 2
              ? recurrentEncoder({ features: shape[1]!, hidden: 16 })
              : perceptronEncoder({ inputs: shape[0]!, hidden: [32], dropout }),
          ]
        }),
      ),
  }
}
