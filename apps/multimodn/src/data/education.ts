import { type FetchedDataSet, readRda, toDataFrame } from '@lemanic/datasets'
import { type ColumnType, tableOf, tableRows } from '@lemanic/multimodal'
import { chooseGroups } from './choose-groups.js'
import type { Family } from './family.js'

const years = ['k', '1', '2'] as const

/**
 * Project STAR (package AER): a pupil's background, then kindergarten, grade 1 and grade 2, each a modality with class
 * type, school, teacher and test scores, missing when the pupil was not there; then results and lunch of grade 3. A school
 * is a group: that of grade 3, or the last one known.
 */
export async function loadEducation(star: FetchedDataSet, limit: number): Promise<Family> {
  const frame = toDataFrame((await readRda(await star.read('STAR.rda'))).get('STAR')!, 'STAR')
  const values = (name: string) => frame.columns[name]!.values
  const median = (name: string): number => {
    const known = (values(name).filter((value) => value !== null) as number[]).sort((a, b) => a - b)
    return known[Math.floor(known.length / 2)]!
  }
  const above = (name: string) => {
    const middle = median(name)
    return values(name).map((value) => (value === null ? null : Number(value) > middle ? 1 : 0))
  }
  const rows = Array.from({ length: frame.rowCount }, (_, row) => row)
  const groups = rows.map((row) => {
    const school = ['schoolid3', 'schoolid2', 'schoolid1', 'schoolidk']
      .map((name) => values(name)[row])
      .find((id) => id !== null)
    return `school ${String(school ?? `unknown ${row}`)}`
  })
  const [mathematics, reading] = [above('math3'), above('read3')]
  const lunch = values('lunch3').map((value) => (value === null ? null : value === 'free' ? 1 : 0))
  const kinds = {
    star: 'category',
    lunch: 'category',
    school: 'category',
    degree: 'category',
    ladder: 'category',
    experience: 'number',
    tethnicity: 'category',
    read: 'number',
    math: 'number',
  } as const
  const columns: Record<string, readonly (string | number | null)[]> = {
    group: groups,
    gender: values('gender') as (string | null)[],
    ethnicity: values('ethnicity') as (string | null)[],
    // quarters since 1977
    birth: values('birth').map((quarter) =>
      quarter === null ? null : 4 * Math.floor(Number(quarter) - 1977) + Math.round((Number(quarter) % 1) * 4),
    ),
    mathematics,
    reading,
    'free-lunch': lunch,
  }
  for (const year of years)
    for (const name of Object.keys(kinds))
      columns[`${name}${year}`] = values(`${name}${year}`) as (string | number | null)[]
  const labelled = rows.filter((row) => mathematics[row] !== null || reading[row] !== null || lunch[row] !== null)
  const chosen = chooseGroups(groups, labelled, limit, 'education')
  const table = tableRows(tableOf(columns), chosen)
  const text = (column: string, row: number): string => {
    const value = table.columns[column]!.values[row]
    return value === null || Number.isNaN(value) ? '?' : String(value)
  }
  return {
    name: 'education',
    table,
    schema: {
      modalities: {
        background: { gender: 'category', ethnicity: 'category', birth: 'number' },
        ...Object.fromEntries(
          years.map((year) => [
            year === 'k' ? 'kindergarten' : `grade-${year}`,
            Object.fromEntries(
              Object.entries(kinds).map(([name, kind]): [string, ColumnType] => [`${name}${year}`, kind]),
            ),
          ]),
        ),
      },
      targets: Object.fromEntries(
        (['mathematics', 'reading', 'free-lunch'] as const).map((name) => [
          name,
          { kind: 'binary' as const, column: name },
        ]),
      ),
      group: 'group',
    },
    series: {},
    order: ['background', 'kindergarten', 'grade-1', 'grade-2'],
    describe: (row) => ({
      background: `${text('gender', row)}, ${text('ethnicity', row)}`,
      ...Object.fromEntries(
        years.map((year) => [
          year === 'k' ? 'kindergarten' : `grade-${year}`,
          `${text(`star${year}`, row)} class, ${text(`school${year}`, row)} school, reading ${text(`read${year}`, row)}, mathematics ${text(`math${year}`, row)}`,
        ]),
      ),
    }),
  }
}
