import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Claim } from '../study/claim.js'
import { defineStudy } from '../study/define-study.js'
import type { Results } from '../study/results.js'
import { describeEnvironment } from './environment.js'
import { runStudy, type RunStudyOptions } from './run-study.js'

// A choice of data order, arms that take fewer seeds, and metrics that only some arms have.
const study = defineStudy({
  name: 'orders',
  title: 'Orders',
  paper: { title: 'None', authors: 'Nobody', year: 2026, url: 'https://example.org' },
  arms: { cheap: { title: 'Cheap' }, other: { title: 'Other' }, dear: { title: 'Dear' } },
  metrics: {
    value: { title: 'Value', unit: '', better: 'lower' },
    sharpness: { title: 'Sharpness', unit: '', better: 'neither', optional: true },
  },
  presets: { laptop: { description: 'All.', seeds: 8, armSeeds: { dear: 6 }, options: {} } },
  dataOrders: ['shuffled', 'sorted'],
  run: async (arm, seed, { dataOrder }) => {
    const value = seed + (arm === 'cheap' ? 0 : 1 + seed / 100) + (dataOrder === 'sorted' ? 100 : 0)
    return {
      metrics: (arm === 'dear' ? { value, sharpness: seed } : { value }) as { value: number; sharpness: number },
    }
  },
  claims: (['other', 'dear'] as const).map(
    (arm): Claim<'cheap' | 'other' | 'dear', 'value' | 'sharpness'> => ({
      id: arm,
      statement: `${arm} is above cheap`,
      source: { sentence: 'None.', place: 'nowhere' },
      test: { kind: 'difference', metric: 'value', arm, against: 'cheap', direction: 'greater' },
    }),
  ),
  deviations: ['Made up.'],
})

let out: string
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'eval-orders-'))
})
afterEach(() => rmSync(out, { recursive: true, force: true }))

async function run(changes: Partial<RunStudyOptions> = {}): Promise<{ results: Results; reused: number }> {
  let reused = -1
  const environment = describeEnvironment({ commit: 'one', backend: 'none', threads: 1, processes: 1, versions: {} })
  for await (const event of runStudy(study, {
    preset: 'laptop',
    out,
    code: 'one',
    clock: () => performance.now(),
    environment,
    ...changes,
  })) {
    if (event.type === 'study-start') reused = event.reused
    if (event.type === 'study-end') return { results: event.results, reused }
  }
  throw new Error('no end')
}

describe('a data order that the user chose', () => {
  test('reaches the runs, is told in the results, and is never mixed with another', async () => {
    const { results: own } = await run()
    expect(own.runs[0]!.metrics.value).toBe(0)
    expect(own.deviations).toEqual(['Made up.'])
    const { results: sorted, reused } = await run({ dataOrder: 'sorted' })
    expect(reused).toBe(0)
    expect(sorted.runs[0]!.metrics.value).toBe(100)
    expect(sorted.deviations[0]).toMatch(/order "sorted", which the user chose/)
    const again = await run()
    expect(again.reused).toBe(22)
    expect(again.results.runs[0]!.metrics.value).toBe(0)
  })

  test('that the study does not know is refused with the nearest name', async () => {
    await expect(run({ dataOrder: 'sortde' })).rejects.toThrow(
      /one of shuffled, sorted, got 'sortde'; did you mean 'sorted'/,
    )
    const { dataOrders: _, ...rest } = study
    const fixed = defineStudy(rest)
    await expect(async () => {
      for await (const _event of runStudy(fixed, {
        ...({} as RunStudyOptions),
        preset: 'laptop',
        out,
        dataOrder: 'sorted',
      }));
    }).rejects.toThrow(/does not let its data order be chosen/)
  })
})

test('an arm with fewer seeds leaves nothing missing, and its claims rest on the seeds it has', async () => {
  const { results } = await run()
  expect(results.runs).toHaveLength(22)
  expect(results.missing).toEqual([])
  expect(results.claims.map(({ n }) => n)).toEqual([8, 6])
  expect(results.claims.map(({ verdict }) => verdict)).toEqual(['supported', 'supported'])
})

test('an optional metric may be absent, another may not', async () => {
  const { results } = await run()
  expect(results.runs.filter(({ metrics }) => 'sharpness' in metrics)).toHaveLength(6)
  const strict = defineStudy({
    ...study,
    metrics: { ...study.metrics, sharpness: { ...study.metrics.sharpness, optional: false } },
  })
  const environment = describeEnvironment({ commit: 'one', backend: 'none', threads: 1, processes: 1, versions: {} })
  for await (const event of runStudy(strict, { preset: 'laptop', out, code: 'two', clock: () => 0, environment })) {
    if (event.type === 'study-end') expect(event.failures[0]!.error).toMatch(/metric 'sharpness' to be a finite number/)
  }
})

test('seeds for an arm that does not exist are refused', () => {
  const laptop = { ...study.presets.laptop!, armSeeds: { derr: 3 } as never }
  expect(() => defineStudy({ ...study, presets: { laptop } })).toThrow(
    /presets.laptop.armSeeds.*got 'derr'; did you mean 'dear'/,
  )
})
