import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { auroc } from '@lemanic/multimodal'
import { randomKey } from '@lemanic/tensor-core'
import { expect, test } from 'vitest'
import { chooseGroups } from './choose-groups.js'
import { fitFamily } from './family.js'
import { haimFile } from './haim.js'
import { loadData } from './load-data.js'
import { bayesAuroc, syntheticData, type SyntheticModality } from './synthetic.js'

test('the generator holds what its Bayes AUROC says', () => {
  const make = (part: string, rows: number) =>
    syntheticData({ rows, directions: randomKey(1), key: randomKey(2).foldIn(part) })
  const [data, test_] = [make('a', 20_000), make('b', 20_000)]
  // the mean difference of a large sample is the best direction, since the noise is one everywhere
  const score = (names: readonly SyntheticModality[]): number => {
    const scores = new Float64Array(test_.rows)
    for (const name of names) {
      const width = data.modalities[name]!.shape[0]!
      const direction = new Float64Array(width)
      for (let row = 0; row < data.rows; row++) {
        const sign = 2 * data.targets['first']!.values[row]! - 1
        for (let at = 0; at < width; at++)
          direction[at]! += (sign * data.modalities[name]!.values[row * width + at]!) / data.rows
      }
      for (let row = 0; row < test_.rows; row++)
        for (let at = 0; at < width; at++)
          scores[row]! += direction[at]! * test_.modalities[name]!.values[row * width + at]!
    }
    return auroc(scores, test_.targets['first']!.values)
  }
  for (const names of [['small'], ['strong'], ['small', 'wide'], ['small', 'strong', 'wide']] as const)
    expect(Math.abs(score(names) - bayesAuroc(names))).toBeLessThan(0.008) // standard error 0.002 to 0.004
})

test('a further modality holds nothing and leaves the others as they were', () => {
  const options = { rows: 50, directions: randomKey(1), key: randomKey(2) }
  const [plain, noisy] = [syntheticData(options), syntheticData({ ...options, noise: 4 })]
  expect(noisy.modalities['strong']).toEqual(plain.modalities['strong'])
  expect(noisy.modalities['noise']!.shape).toEqual([4])
})

test('rows are chosen by whole groups, the same every time', () => {
  const groups = Array.from({ length: 90 }, (_, row) => `g${Math.floor(row / 4)}`)
  const rows = groups.map((_, row) => row)
  const chosen = chooseGroups(groups, rows, 40, 'x')
  expect(chosen).toEqual(chooseGroups(groups, rows, 40, 'x'))
  expect(chosen.length).toBeGreaterThan(36)
  expect(chosen.length).toBeLessThanOrEqual(40)
  for (const row of chosen)
    expect(rows.filter((other) => groups[other] === groups[row]).every((other) => chosen.includes(other))).toBe(true)
})

test('what cannot be had is named, and nothing breaks', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'multimodn-'))
  try {
    const data = await loadData({ cacheFolder: empty, rows: 10, offline: true })
    expect(Object.keys(data.missing).sort()).toEqual(['digits', 'education', 'health', 'weather', 'wind'])
    expect(data.missing['health']).toMatch(/survival/)
    expect(data.families).toEqual({})
    expect(
      (await loadData({ cacheFolder: empty, rows: 10, offline: true, without: Object.keys(data.missing) })).missing,
    ).toEqual({})
  } finally {
    await rm(empty, { recursive: true })
  }
})

test("HAIM's embeddings are read from the user's folder, in the paper's order, with stays as groups", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'multimodn-'))
  try {
    const names = [
      'haim_id',
      'img_id',
      'img_charttime',
      'de_0',
      'vd_0',
      'vd_1',
      'n_ech_0',
      'ts_ce_0',
      'ts_le_0',
      'Cardiomegaly',
      'Enlarged Cardiomediastinum',
    ]
    const rows = Array.from({ length: 40 }, (_, at) => [
      at >> 1,
      `x${at}`,
      `2100-01-${at}`,
      at,
      at % 3 ? at : '',
      at % 3 ? 1 : '',
      at % 5,
      at % 7,
      9,
      at % 2,
      at % 4 === 0 ? 1 : at % 4 === 1 ? -1 : 0,
    ])
    await writeFile(join(folder, haimFile), [names, ...rows].map((row) => row.join(',')).join('\n'))
    const data = await loadData({ cacheFolder: folder, folder, rows: 30, offline: true })
    const haim = data.families.haim!
    expect(haim.table.rowCount).toBe(30)
    expect(haim.table.columns['ts_le_0']).toBeUndefined()
    const fitted = fitFamily(haim, [0, 1, 2, 3, 4, 5, 6, 7])
    expect(Object.entries(fitted.data.modalities).map(([name, { shape }]) => [name, shape])).toEqual([
      ['de', [1]],
      ['vd', [2]],
      ['n_ech', [1]],
      ['ts_ce', [1]],
    ])
    expect(Object.keys(fitted.tasks)).toEqual(['enlarged-cardiomediastinum', 'cardiomegaly'])
    expect(new Set(fitted.data.groups).size).toBe(15)
    expect(fitted.data.modalities['vd']!.present.includes(0)).toBe(true)
    expect(data.cards.map(({ version }) => version)).toEqual(['of the user'])
  } finally {
    await rm(folder, { recursive: true })
  }
})
