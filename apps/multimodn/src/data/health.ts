import { type FetchedDataSet, openRdb, toDataFrame } from '@lemanic/datasets'
import { tableOf, tableRows } from '@lemanic/multimodal'
import { chooseGroups } from './choose-groups.js'
import type { Family } from './family.js'

const year = 365.25
/** Diagnoses before the first day, as the person's history. */
const histories = ['diabetes', 'ang/isc', 'stroke', 'afib', 'MI', 'heart failure'] as const

/**
 * Fatty liver and its controls (nafld1 to 3 of the package survival; Allen et al. 2018): who a person is and was
 * diagnosed with, the body, the laboratory values last measured, and three years of systolic blood pressure, all
 * before the first day of follow-up; then death, hypertension and dyslipidemia. A matched set is a group. A diagnosis that was there before, and
 * one that follow-up was too short to see, is an unknown label. Cholesterol and diastolic pressure are left out: in this
 * version of the package they repeat HDL and systolic pressure number for number.
 */
export async function loadHealth(survival: FetchedDataSet, limit: number): Promise<Family> {
  const tables = await openRdb(await survival.read('Rdata.rdx'), await survival.read('Rdata.rdb'))
  const frame = async (name: string) => toDataFrame(await tables.read(name), name)
  const [people, labs, events] = [await frame('nafld1'), await frame('nafld2'), await frame('nafld3')]
  const number = (of: typeof people, column: string) => of.columns[column]!.values as readonly (number | null)[]
  const ids = number(people, 'id') as readonly number[]
  const rowOf = new Map(ids.map((id, row) => [id, row]))

  const first = new Map<string, number>() // the first day of each diagnosis of each person
  events.columns['event']!.values.forEach((event, at) => {
    const key = `${number(events, 'id')[at]} ${String(event)}`
    const day = number(events, 'days')[at]!
    first.set(key, Math.min(first.get(key) ?? Infinity, day))
  })
  const latest = new Map<string, { day: number; value: number }>()
  labs.columns['test']!.values.forEach((test, at) => {
    const day = number(labs, 'days')[at]!
    if (day >= 0 || day < -3 * year) return
    const key = `${number(labs, 'id')[at]} ${String(test)}`
    if (day >= (latest.get(key)?.day ?? -Infinity)) latest.set(key, { day, value: number(labs, 'value')[at]! })
  })
  const futime = number(people, 'futime') as readonly number[]
  const status = number(people, 'status')
  const within = (event: string, row: number, horizon: number): number | null => {
    const day = first.get(`${ids[row]} ${event}`) ?? Infinity
    if (day <= 0) return null
    return day <= horizon ? 1 : futime[row]! >= horizon ? 0 : null
  }
  const rows = ids.map((_, row) => row)
  const death = rows.map((row) => (futime[row]! > 10 * year ? 0 : status[row] === 1 ? 1 : null))
  const hypertension = rows.map((row) => within('htn', row, 5 * year))
  const dyslipidemia = rows.map((row) => within('dyslipidemia', row, 5 * year))
  const groups = number(people, 'case.id').map((id, row) => (id === null ? `alone ${ids[row]}` : `set ${id}`))
  const lab = (name: string) => ids.map((id) => latest.get(`${id} ${name}`)?.value ?? null)
  const whole = tableOf({
    group: groups,
    age: number(people, 'age'),
    male: number(people, 'male'),
    ...Object.fromEntries(
      histories.map((event) => [event, ids.map((id) => ((first.get(`${id} ${event}`) ?? Infinity) <= 0 ? 1 : 0))]),
    ),
    weight: number(people, 'weight'),
    height: number(people, 'height'),
    bmi: number(people, 'bmi'),
    smoke: lab('smoke'),
    hdl: lab('hdl'),
    fib4: lab('fib4'),
    death,
    hypertension,
    dyslipidemia,
  })
  const labelled = rows.filter((row) => death[row] !== null || hypertension[row] !== null || dyslipidemia[row] !== null)
  const chosen = chooseGroups(groups, labelled, limit, 'health')
  const table = tableRows(whole, chosen)

  const place = new Map(chosen.map((row, at) => [row, at]))
  const pressure = { row: [] as number[], day: [] as number[], test: [] as string[], value: [] as number[] }
  labs.columns['test']!.values.forEach((test, at) => {
    const row = place.get(rowOf.get(number(labs, 'id')[at]!) ?? -1)
    const day = number(labs, 'days')[at]!
    if (row === undefined || day >= 0 || day < -3 * year || test !== 'sbp') return
    pressure.row.push(row)
    pressure.day.push(day)
    pressure.test.push(test)
    pressure.value.push(number(labs, 'value')[at]!)
  })
  const text = (column: string, row: number): string => {
    const value = table.columns[column]!.values[row]
    return typeof value === 'number' && !Number.isNaN(value) ? String(Math.round(10 * value) / 10) : '?'
  }
  const measured = new Map<number, number>()
  for (const row of pressure.row) measured.set(row, (measured.get(row) ?? 0) + 1)
  return {
    name: 'health',
    table,
    schema: {
      modalities: {
        person: {
          age: 'number',
          male: 'number',
          smoke: 'number',
          ...Object.fromEntries(histories.map((event) => [event, 'number' as const])),
        },
        body: { weight: 'number', height: 'number', bmi: 'number' },
        laboratory: { hdl: 'number', fib4: 'log-number' },
      },
      targets: {
        death: { kind: 'binary', column: 'death' },
        hypertension: { kind: 'binary', column: 'hypertension' },
        dyslipidemia: { kind: 'binary', column: 'dyslipidemia' },
      },
      group: 'group',
    },
    series: {
      pressure: {
        records: tableOf(pressure),
        columns: { id: 'row', time: 'day', feature: 'test', value: 'value' },
        features: ['sbp'],
        start: -3 * year,
        end: 0,
        bins: 6,
      },
    },
    order: ['person', 'body', 'laboratory', 'pressure'],
    describe: (row) => ({
      person: `${text('age', row)} years, ${text('male', row) === '1' ? 'male' : 'female'}, ${histories.filter((event) => text(event, row) === '1').join(', ') || 'none of six diagnoses'}`,
      body: `${text('weight', row)} kg, ${text('height', row)} cm, BMI ${text('bmi', row)}`,
      laboratory: `HDL ${text('hdl', row)} mg/dl, FIB-4 ${text('fib4', row)}`,
      pressure: `${measured.get(row) ?? 0} measurements in three years`,
    }),
  }
}
