import { type FetchedDataSet, readRda, toDataFrame } from '@lemanic/datasets'
import { tableOf, tableRows } from '@lemanic/multimodal'
import { chooseGroups } from './choose-groups.js'
import type { Family } from './family.js'

/** Stations by the side of Ireland that they are on. */
const sides = {
  west: ['VAL', 'BEL', 'CLA', 'SHA'],
  south: ['RPT', 'ROS'],
  east: ['DUB', 'KIL', 'MUL', 'BIR'],
  north: ['MAL', 'CLO'],
} as const

/**
 * Daily wind at twelve Irish stations, 1961 to 1978 (gstat; Haslett and Raftery 1989): one modality for each side of the
 * island and the season; then whether the next day's wind at Dublin and at Malin Head is above its median. A month is a
 * group.
 */
export async function loadWind(wind: FetchedDataSet, limit: number): Promise<Family> {
  const frame = toDataFrame((await readRda(await wind.read('wind.rda'))).get('wind')!, 'wind')
  const values = (name: string) => frame.columns[name]!.values as readonly number[]
  const count = frame.rowCount - 1
  const rows = Array.from({ length: count }, (_, row) => row)
  const groups = rows.map((row) => `${values('year')[row]}-${values('month')[row]}`)
  const windy = (station: string) => {
    const sorted = [...values(station)].sort((a, b) => a - b)
    const median = sorted[Math.floor(sorted.length / 2)]!
    return rows.map((row) => (values(station)[row + 1]! > median ? 1 : 0))
  }
  const angle = (row: number): number => (2 * Math.PI * (values('month')[row]! - 1 + values('day')[row]! / 31)) / 12
  const stations = Object.values(sides).flat()
  const whole = tableOf({
    group: groups,
    date: rows.map((row) => `${1900 + values('year')[row]!}-${values('month')[row]}-${values('day')[row]}`),
    sine: rows.map((row) => Math.sin(angle(row))),
    cosine: rows.map((row) => Math.cos(angle(row))),
    ...Object.fromEntries(stations.map((station) => [station, values(station).slice(0, count)])),
    dublin: windy('DUB'),
    'malin-head': windy('MAL'),
  })
  const table = tableRows(whole, chooseGroups(groups, rows, limit, 'wind'))
  const cell = (name: string, row: number) => String(table.columns[name]!.values[row])
  return {
    name: 'wind',
    table,
    schema: {
      modalities: {
        season: { sine: 'number', cosine: 'number' },
        ...Object.fromEntries(
          Object.entries(sides).map(([side, own]) => [
            side,
            Object.fromEntries(own.map((station) => [station, 'number' as const])),
          ]),
        ),
      },
      targets: { dublin: { kind: 'binary', column: 'dublin' }, 'malin-head': { kind: 'binary', column: 'malin-head' } },
      group: 'group',
    },
    series: {},
    order: ['season', 'west', 'south', 'east', 'north'],
    describe: (row) => ({
      season: cell('date', row),
      ...Object.fromEntries(
        Object.entries(sides).map(([side, own]) => [
          side,
          own.map((station) => `${station} ${cell(station, row)}`).join(', ') + ' knots',
        ]),
      ),
    }),
  }
}
