import { randomKey } from '@lemanic/tensor-core'
import fc from 'fast-check'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, test } from 'vitest'
import {
  fitTable,
  groupedFolds,
  haimColumns,
  haimTable,
  imageModalities,
  parseCsv,
  parseParquet,
  readCsv,
  seriesModality,
  type TableSchema,
  tableData,
  tableLabels,
  tableOf,
  tableTasks,
} from '../index.js'

describe('CSV', () => {
  test('quotes, line ends, missing cells, numbers and texts', () => {
    const table = parseCsv('id,"a ""b""",note\r\n1, 2.5 ,"x, y\nz"\r\n2,NA,\r\n3,-1e3,plain\r\n')
    expect(table.rowCount).toBe(3)
    expect(table.columns['id']).toEqual({ kind: 'number', values: Float64Array.of(1, 2, 3) })
    expect(table.columns['a "b"']).toEqual({ kind: 'number', values: Float64Array.of(2.5, NaN, -1000) })
    expect(table.columns['note']).toEqual({ kind: 'text', values: ['x, y\nz', null, 'plain'] })
  })
  test('numbers become texts when a text comes late', () => {
    expect(parseCsv('a\n1\n\nx').columns.a).toEqual({ kind: 'text', values: ['1', null, 'x'] })
  })
  test('any table survives a round trip, however the text is cut into pieces', async () => {
    const cell = fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('"', 'a,b', 'x\ny', '\r\n'))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 7 }),
        async (rows, size) => {
          const quote = (text: string) => `"${text.replaceAll('"', '""')}"`
          const text = ['one,two', ...rows.map((row) => row.map((own) => quote(`t${own}`)).join(','))].join('\n')
          const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
            text.slice(at * size, (at + 1) * size),
          )
          const table = await readCsv(pieces)
          expect(table.columns.one.values).toEqual(rows.map(([own]) => `t${own}`))
          expect(table.columns.two.values).toEqual(rows.map(([, own]) => `t${own}`))
        },
      ),
    )
  })
  test.each([
    ['a,b\n1\n', /line 2: expected 2 cells, as there are column names, got 1/],
    ['a,b\n1,2\n"x', /line 3: expected a closing quote/],
    ['a,a\n', /expected each column name once, got "a" twice/],
    ['', /expected a line of column names/],
    ['a\n"x"y\n', /line 2: expected "," or the end of the line after a closing quote, got "y"/],
  ])('refuses %j', (text, message) => expect(() => parseCsv(text)).toThrow(message))
})

test('Parquet gives what was written', async () => {
  const bytes = parquetWriteBuffer({
    columnData: [
      { name: 'x', data: [1.5, null, 3], type: 'DOUBLE' },
      { name: 'name', data: ['a', 'b', null], type: 'STRING' },
      { name: 'yes', data: [true, false, true], type: 'BOOLEAN' },
    ],
  })
  const table = await parseParquet(new Uint8Array(bytes))
  expect(table.columns).toEqual({
    x: { kind: 'number', values: Float64Array.of(1.5, NaN, 3) },
    name: { kind: 'text', values: ['a', 'b', null] },
    yes: { kind: 'number', values: Float64Array.of(1, 0, 1) },
  })
  expect(Object.keys((await parseParquet(bytes, { columns: (name) => name === 'x' })).columns)).toEqual(['x'])
  await expect(parseParquet(new Uint8Array(40))).rejects.toMatchObject({ code: 'invalid-table' })
})

const table = tableOf({
  who: ['p1', 'p1', 'p2', 'p3', 'p3', 'p4'],
  age: [20, 30, 40, 50, null, 70],
  sex: ['f', 'f', 'm', 'm', null, 'x'],
  lab: [1, null, 3, 5, null, 1e6],
  other: [2, null, 4, null, null, 0],
  ill: ['no', 'yes', 'yes', 'no', 'yes', null],
  grade: ['b', 'a', 'c', 'a', null, 'b'],
  score: [10, 20, 30, null, 50, 60],
  time: [0.5, 1, 2.5, 4, 1.5, null],
  died: [1, 0, 1, 0, 0, 1],
})
const schema: TableSchema = {
  modalities: { person: { age: 'number', sex: 'category' }, blood: { lab: 'number', other: 'log-number' } },
  targets: {
    ill: { kind: 'binary', column: 'ill', positive: 'yes' },
    grade: { kind: 'multi-class', column: 'grade' },
    score: { kind: 'regression', column: 'score' },
    life: { kind: 'survival', time: 'time', event: 'died', ends: [1, 2, 3] },
    both: { kind: 'multi-label', columns: ['died'] },
  },
  group: 'who',
}

describe('schemas', () => {
  const fitted = fitTable(table, schema, [0, 2, 3])
  const data = tableData(fitted, table)

  test('scaling and categories come of the fitted rows only', () => {
    const { values, features, present } = data.modalities.person
    expect(features).toEqual(['age', 'sex = f', 'sex = m'])
    expect([...present]).toEqual([1, 1, 1, 1, 0, 1])
    const ages = [0, 2, 3].map((row) => values[3 * row])
    expect(ages.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 5)
    expect(ages.reduce((sum, value) => sum + value ** 2, 0) / 3).toBeCloseTo(1, 5)
    expect([...values.subarray(15, 18)].slice(1)).toEqual([0, 0]) // "x" was never seen
    const changed = tableOf({
      ...Object.fromEntries(
        Object.entries(table.columns).map(([name, { values: own }]) => [name, own as Iterable<number>]),
      ),
      age: [20, -9, 40, 50, 9, 1e5],
    })
    expect(fitTable(changed, schema, [0, 2, 3]).columns.person).toEqual(fitted.columns.person)
  })
  test('single missing cells are filled and marked; a modality is missing where all of it is', () => {
    const { values, features, present } = data.modalities.blood
    expect(features).toEqual(['lab', 'other', 'other is missing'])
    expect([...present]).toEqual([1, 0, 1, 1, 0, 1])
    expect([...values.subarray(9, 12)]).toEqual([expect.any(Number), 0, 1])
    const strict = tableData(fitTable(table, { ...schema, missing: 'any' }, [0, 2, 3]), table)
    expect([...strict.modalities.blood.present]).toEqual([1, 0, 1, 0, 0, 1])
  })
  test('a column that is missing only together with its whole modality gets no mark', () => {
    const sparse = tableOf({ a: [1, null, 3, null], b: [1, null, null, 4], c: [5, null, 7, 8], y: [0, 1, 0, 1] })
    const own: TableSchema = {
      modalities: { m: { a: 'number', c: 'number' }, n: { c: 'number' } },
      targets: { y: { kind: 'binary', column: 'y' } },
    }
    const { modalities } = tableData(fitTable(sparse, own), sparse)
    expect(modalities.m.features).toEqual(['a', 'a is missing', 'c'])
    expect(modalities.n.features).toEqual(['c'])
  })
  test('targets of every kind, with unknown labels', () => {
    const { ill, grade, score, life, both } = data.targets
    expect([...ill.values]).toEqual([0, 1, 1, 0, 1, 0])
    expect([...ill.known]).toEqual([1, 1, 1, 1, 1, 0])
    expect([...grade.values]).toEqual([1, 0, 2, 0, 0, 1])
    expect([...grade.known]).toEqual([1, 1, 1, 1, 0, 1])
    expect([...score.values].slice(0, 3)).toEqual([-1, 0, 1]) // mean 20 and deviation 10 of the fitted rows that have one
    expect([...life.values]).toEqual([0, 1, 1, 0, 2, 1, 3, 0, 1, 0, 0, 0])
    expect([...life.known]).toEqual([1, 1, 1, 1, 1, 0])
    expect([...both.values]).toEqual([1, 0, 1, 0, 0, 1])
    const tasks = tableTasks(fitted)
    expect(Object.values(tasks).map(({ kind }) => kind)).toEqual([
      'binary',
      'multi-class',
      'regression',
      'survival',
      'multi-label',
    ])
    for (const [name, task] of Object.entries(tasks))
      expect(() => task.checkTarget(data.targets[name].values.subarray(0, task.targetWidth), name)).not.toThrow()
  })
  test('labels alone are enough for folds', () => {
    const folds = groupedFolds(tableLabels(table, schema), { folds: 2, key: randomKey(1) })
    for (const { test: held } of folds) expect([0, 2]).toContain([0, 1].filter((row) => held.includes(row)).length)
  })
  test('a fitted table is plain JSON', () => {
    expect(tableData(JSON.parse(JSON.stringify(fitted)), table)).toEqual(data)
  })
  test('wrong cells are named by row and column', () => {
    const odd = tableOf({ a: [1, 2, 'x'], y: [0, 1, 1] })
    const own: TableSchema = { modalities: { m: { a: 'number' } }, targets: { y: { kind: 'binary', column: 'y' } } }
    expect(() => fitTable(odd, own)).toThrow(/row 2, column "a": expected a finite number, got "x"/)
    const infinite = parseCsv('a,y\n1,0\ninf,1\n')
    expect(() => fitTable(infinite, own)).toThrow(/row 1, column "a": expected a finite number, got "Infinity"/)
    expect(() => fitTable(table, { ...own, modalities: { m: { aeg: 'number' } } })).toThrow(/did you mean "age"/)
    const empty = tableOf({ a: [null, null], y: [0, 1] })
    expect(() => fitTable(empty, own)).toThrow(/modality "m".*none/)
    expect(() => tableOf({ a: [1], b: [1, 2] })).toThrow(/column "b": expected 1 cells as in the first column, got 2/)
    const labels: TableSchema = { ...own, targets: { y: { kind: 'multi-label', columns: ['a'] } } }
    expect(() => tableLabels(tableOf({ a: [0, 2] }), labels)).toThrow(
      /task "y", row 1: column "a": expected 0 or 1, got 2/,
    )
  })
})

test('irregular measurements become series that know nothing of the future', () => {
  const records = tableOf({
    id: [1, 1, 1, 2, 2, 9],
    day: [-30, -11, 0, -1, -25, -5],
    test: ['hdl', 'hdl', 'hdl', 'chol', 'weight', 'hdl'],
    value: [40, 60, 999, 200, 80, 1],
  })
  const options = {
    records,
    columns: { id: 'id', time: 'day', feature: 'test', value: 'value' },
    ids: [1, 2, 3],
    features: ['hdl', 'chol'],
    start: -30,
    end: 0,
    bins: 3,
  }
  const { modality, scale } = seriesModality(options)
  expect(modality.shape).toEqual([3, 4])
  expect([...modality.present]).toEqual([1, 1, 0])
  expect(scale).toEqual({ features: ['hdl', 'chol'], mean: [50, 200], deviation: [10, 1] })
  // sample 1: −1, carried, 1 with the flags of what was measured; the measurement at the end is not there
  expect([...modality.values.subarray(0, 12)]).toEqual([-1, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0])
  const again = seriesModality({ ...options, scale })
  expect(again.modality).toEqual(modality)
  const ownOnly = seriesModality({ ...options, scale: [1] })
  expect(ownOnly.scale.mean).toEqual([0, 200])
})

test('pictures fall into parts that have their pixels', () => {
  const pixels = Uint8Array.from({ length: 2 * 4 * 6 }, (_, at) => at)
  const parts = imageModalities({ count: 2, height: 4, width: 6, pixels }, { rows: 2, columns: 2 })
  expect(Object.keys(parts)).toEqual(['part 0 0', 'part 0 1', 'part 1 0', 'part 1 1'])
  const back = (value: number) => Math.round((value + 1) * 127.5)
  expect([...parts['part 1 1'].values.subarray(6)].map(back)).toEqual([39, 40, 41, 45, 46, 47])
  expect(parts['part 0 1'].shape).toEqual([2, 3, 1])
  expect(() => imageModalities({ count: 2, height: 4, width: 6, pixels }, { rows: 3 })).toThrow(
    /divide 4 × 6, got 3 × 1/,
  )
})

test("HAIM's file: sources by prefix, uncertain labels unknown, one row for a picture", () => {
  const names = [
    'haim_id',
    'img_id',
    'img_charttime',
    'de_0',
    'de_1',
    'vd_0',
    'vmd_0',
    'n_ech_0',
    'ts_ce_0',
    'Cardiomegaly',
    'Enlarged Cardiomediastinum',
    'Edema',
  ]
  const rows = [
    [7, 'x1', '2100-01-01', 1, 2, 3, 4, 5, 6, 1, '', 0],
    [7, 'x1', '2100-01-01', 1, 2, 3, 4, 5, 6, 1, '', 0],
    [7, 'x2', '2100-01-02', 1, 2, '', 4, 5, 6, -1, 0, 1],
    [8, 'x3', '2100-01-02', 1, 2, 3, 4, 5, 6, -1, '', 1],
  ]
  const text = [names, ...rows].map((row) => row.join(',')).join('\n')
  const { table: found, schema: own } = haimTable(parseCsv(text, { columns: haimColumns() }))
  expect(found.columns['vmd_0']).toBeUndefined()
  expect(Object.keys(own.modalities)).toEqual(['de', 'vd', 'n_ech', 'ts_ce'])
  expect(own.modalities.vd).toEqual({ vd_0: 'number' })
  expect(found.rowCount).toBe(2)
  const data = tableData(fitTable(found, own), found)
  expect(data.groups).toEqual(['7', '7'])
  expect([...data.targets.Cardiomegaly.known]).toEqual([1, 0])
  expect([...data.targets['Enlarged Cardiomediastinum'].known]).toEqual([0, 1])
  expect([...data.modalities.vd.present]).toEqual([1, 0])
  expect(() => haimTable(parseCsv(text), { sources: ['ts_le'] })).toThrow(
    /ts_le_0, ts_le_1, … of laboratory events, got none/,
  )
})
