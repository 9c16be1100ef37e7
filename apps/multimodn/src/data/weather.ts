import type { FetchedDataSet } from '@lemanic/datasets'
import { parseCsv, tableOf, tableRows } from '@lemanic/multimodal'
import { chooseGroups } from './choose-groups.js'
import type { Family } from './family.js'

const measures = ['precipitation', 'temp_max', 'temp_min', 'wind'] as const
const cities = ['Seattle', 'New York'] as const

/**
 * Days of Seattle and New York, 2012 to 2015 (vega-datasets; NOAA): the season, the day, the week before it as a series, and
 * the other city's day; then whether it rains and whether it is warmer on the next day. A month of a city is a group.
 */
export async function loadWeather(vega: FetchedDataSet, limit: number): Promise<Family> {
  const raw = parseCsv((await vega.read('data/weather.csv')).toString('utf8'))
  const text = (name: string, row: number) => String(raw.columns[name]!.values[row])
  const number = (name: string, row: number) => Number(raw.columns[name]!.values[row])
  const byDay = new Map(
    Array.from({ length: raw.rowCount }, (_, row) => [`${text('location', row)} ${dayOf(text('date', row))}`, row]),
  )
  const days: { row: number; city: string; day: number; other: number; next: number }[] = []
  for (let row = 0; row < raw.rowCount; row++) {
    const city = text('location', row)
    const day = dayOf(text('date', row))
    const next = byDay.get(`${city} ${day + 1}`)
    const other = byDay.get(`${cities.find((name) => name !== city)} ${day}`)
    const hasWeek = [1, 2, 3, 4, 5, 6, 7].every((ago) => byDay.has(`${city} ${day - ago}`))
    if (next !== undefined && other !== undefined && hasWeek) days.push({ row, city, day, other, next })
  }
  const groups = days.map(({ row, city }) => `${city} ${text('date', row).slice(0, 7)}`)
  const angle = (row: number): number => (2 * Math.PI * (dayOf(text('date', row)) % 365.25)) / 365.25
  const whole = tableOf({
    group: groups,
    date: days.map(({ row }) => text('date', row)),
    city: days.map(({ city }) => city),
    sine: days.map(({ row }) => Math.sin(angle(row))),
    cosine: days.map(({ row }) => Math.cos(angle(row))),
    ...Object.fromEntries(measures.map((name) => [name, days.map(({ row }) => number(name, row))])),
    sky: days.map(({ row }) => text('weather', row)),
    ...Object.fromEntries(measures.map((name) => [`other ${name}`, days.map(({ other }) => number(name, other))])),
    rain: days.map(({ next }) => (number('precipitation', next) > 0 ? 1 : 0)),
    warmer: days.map(({ row, next }) => (number('temp_max', next) > number('temp_max', row) ? 1 : 0)),
  })
  const chosen = chooseGroups(
    groups,
    days.map((_, at) => at),
    limit,
    'weather',
  )
  const table = tableRows(whole, chosen)
  const week = { row: [] as number[], ago: [] as number[], measure: [] as string[], value: [] as number[] }
  chosen.forEach((at, row) => {
    const { city, day } = days[at]!
    for (let ago = 1; ago <= 7; ago++) {
      const source = byDay.get(`${city} ${day - ago}`)!
      for (const name of measures) {
        week.row.push(row)
        week.ago.push(-ago)
        week.measure.push(name)
        week.value.push(number(name, source))
      }
    }
  })
  const cell = (name: string, row: number) => String(table.columns[name]!.values[row])
  return {
    name: 'weather',
    table,
    schema: {
      modalities: {
        season: { city: 'category', sine: 'number', cosine: 'number' },
        day: { precipitation: 'log-number', temp_max: 'number', temp_min: 'number', wind: 'number', sky: 'category' },
        elsewhere: Object.fromEntries(
          measures.map((name) => [
            `other ${name}`,
            name === 'precipitation' ? ('log-number' as const) : ('number' as const),
          ]),
        ),
      },
      targets: { rain: { kind: 'binary', column: 'rain' }, warmer: { kind: 'binary', column: 'warmer' } },
      group: 'group',
    },
    series: {
      week: {
        records: tableOf(week),
        columns: { id: 'row', time: 'ago', feature: 'measure', value: 'value' },
        features: measures,
        start: -7.5,
        end: -0.5,
        bins: 7,
      },
    },
    order: ['season', 'elsewhere', 'week', 'day'],
    describe: (row) => ({
      season: `${cell('city', row)}, ${cell('date', row)}`,
      elsewhere: `${cell('other temp_min', row)} to ${cell('other temp_max', row)} °C, ${cell('other precipitation', row)} mm in the other city`,
      week: 'the seven days before',
      day: `${cell('temp_min', row)} to ${cell('temp_max', row)} °C, ${cell('precipitation', row)} mm, ${cell('sky', row)}`,
    }),
  }
}

function dayOf(date: string): number {
  return Math.round(Date.parse(`${date.slice(0, 10).replaceAll('/', '-')}T00:00:00Z`) / 86_400_000)
}
