import { createBackend, randomKey } from '@lemanic/tensor-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { armName, cells, linearPowers } from './arms.js'
import { claims } from './claims.js'
import { numbered, plainText } from './data.js'
import { gridPowerToReach, powerToReach } from './power-saving.js'
import { presetSizes } from './options.js'
import { prepareStudy } from './prepare-study.js'
import { shardedBatches } from './problems/digits.js'
import { figures } from './report/figures.js'
import { paperMnist } from './report/paper-curves.js'
import { parseSettings } from './settings.js'
import { createStudy } from './study.js'
import { climb, identityOf, rateOf } from './tune.js'
import { tunedRates } from './tuned-rates.js'

beforeAll(() => createBackend({ backend: 'native', threads: 1 }))

const settings = { preset: 'laptop', cacheFolder: 'unused', tuningFolder: 'unused', dataHash: 'a'.repeat(64) }

describe('the learning rate', () => {
  const search = (scores: Record<number, number>, start: number, trials = 9) =>
    climb(start, trials, async (exponent) => scores[exponent] ?? Infinity)

  test('climbs until both neighbours are worse, past the edges of what was tried', async () => {
    const valley = Object.fromEntries([-8, -7, -6, -5, -4, -3, -2].map((e) => [e, (e + 7) ** 2]))
    const { exponent, tried } = await search(valley, -3)
    expect(exponent).toBe(-7)
    expect(tried.map(([e]) => e)).toEqual([-8, -7, -6, -5, -4, -3, -2])
    expect((await search(valley, -8)).exponent).toBe(-7)
  })

  test('comes down from where nothing converges', async () => {
    expect((await search({ '-6': 3, '-7': 5 }, -4)).exponent).toBe(-6)
  })

  test('stops after its trials', async () => {
    const { exponent, tried } = await search({ '-3': 5, '-4': 4, '-5': 3, '-6': 2, '-7': 1 }, -3, 4)
    expect(tried).toHaveLength(4)
    expect(exponent).toBe(-5)
    expect(rateOf(-5)).toBeCloseTo(0.00316, 5)
  })
})

test('the learning rates of the laptop preset are at hand, and nothing else', () => {
  // MNIST and the Brown corpus as they are published
  const options = { ...presetSizes.laptop, data: '29daf9a4ef5a03b0' }
  const arms = createStudy(settings, []).presets.laptop?.arms ?? []
  const needed = new Map(
    arms.map((arm) => {
      const constant = { ...cells[arm]!, schedule: 'constant' as const }
      return [identityOf(constant, options), armName(constant)]
    }),
  )
  expect(new Map(Object.entries(tunedRates).map(([identity, { arm }]) => [identity, arm]))).toEqual(needed)
  for (const { exponent, tried } of Object.values(tunedRates)) {
    const best = Math.min(...tried.map(([, score]) => score))
    expect(tried.find(([at]) => at === exponent)?.[1]).toBeCloseTo(best, 2)
  }
})

test('power to reach an accuracy: interpolated, and never in favour of what is not reached', () => {
  const powers = [1, 10, 100]
  expect(powerToReach(powers, [50, 70, 90], 80)).toBeCloseTo(1.5, 10)
  expect(powerToReach(powers, [50, 70, 90], 40)).toBe(0)
  expect(powerToReach(powers, [50, 70, 90], 95)).toBe(3)
  expect(gridPowerToReach(powers, [50, 70, 90], 80)).toBe(100)
  expect(gridPowerToReach(powers, [50, 70, 90], 95)).toBeUndefined()
})

test('workers draw from shards of their own, all of it in each epoch', () => {
  const batches = shardedBatches({ size: 24, workers: 3, batch: 2, key: randomKey(1) })
  const epoch = [0, 1, 2, 3].map((step) => batches(step))
  for (const worker of [0, 1, 2]) {
    const drawn = epoch.flatMap((indices) => [...indices].slice(2 * worker, 2 * worker + 2))
    expect(drawn.sort((a, b) => a - b)).toEqual(Array.from({ length: 8 }, (_, i) => 8 * worker + i))
  }
  expect(batches(4)).not.toEqual(batches(0))
})

test('the text of the Brown corpus loses its tags', () => {
  expect(plainText('\n\tThe/at Fulton/np-tl and\\/or/cc ./.\n')).toBe('The Fulton and\\/or .')
  expect(numbered('abca')).toEqual({ characters: Int32Array.of(0, 1, 2, 0), vocabulary: 3 })
})

test('arms have names that are theirs alone, and claims speak of arms of the laptop preset', () => {
  for (const [name, cell] of Object.entries(cells)) expect(armName(cell)).toBe(name)
  const study = createStudy(settings, [])
  const arms = study.presets.laptop?.arms ?? []
  for (const { test } of claims) {
    const own =
      test.kind === 'contrast'
        ? test.arms
        : test.kind === 'threshold'
          ? [test.arm]
          : 'against' in test
            ? [test.arm, test.against]
            : []
    for (const arm of own) expect(arms).toContain(arm)
  }
  expect(Object.keys(study.presets)).toEqual(['smoke', 'laptop', 'complete'])
})

describe('from runs with known accuracies', () => {
  const accuracyOf = (arm: string): number => {
    const { method, power, rank, feedback } = cells[arm]!
    const base = 60 + 8 * Math.log10(Math.min(power, 1e3) + 0.01)
    return base + (method === 'laser' ? 6 - Math.log10(power + 0.01) : 0) - (rank === 4 ? 0 : 2) - (feedback ? 0 : 5)
  }
  const runs = Object.keys(cells).flatMap((arm) =>
    [0, 1, 2].map((seed) => ({
      arm,
      seed,
      seconds: 1,
      metrics: {
        accuracy: accuracyOf(arm) + seed / 10,
        loss: 1,
        'noise to signal': cells[arm]!.method === 'laser' ? -2 : 0,
        'peak power': 1,
        'megabytes a step': 0.1,
        'learning rate': -2,
        diverged: 0,
      },
      curves: { 'spectrum out.weight': { x: [0, 10], y: [0.5, 0.6] } },
      samples: { milliseconds: [1, 2, 0.1] },
    })),
  )

  test('figures have every series, and the published curves beside ours', () => {
    const all = figures(runs)
    const ids = all.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ['linear-power', 'linear-paper', 'mlp-power', 'lead', 'power-saving', 'rank', 'variants', 'noise'])
      expect(ids).toContain(id)
    const beside = all.find(({ id }) => id === 'linear-paper')
    const published =
      beside?.kind === 'line' ? beside.series.find(({ name }) => name === 'LASER, published') : undefined
    expect(published?.points.map(({ y }) => y)).toEqual(paperMnist.laser)
    expect(published?.points.map(({ x }) => x)).toEqual([...linearPowers])
  })

  test('contrasts have the sign of their statement', () => {
    const metrics = Object.fromEntries(runs.filter(({ seed }) => seed === 0).map((run) => [run.arm, run.metrics]))
    for (const { id, test } of claims) {
      if (test.kind !== 'contrast') continue
      const value = test.of(metrics)
      expect(test.direction === 'greater' ? value > 0 : value < 0, `${id}: ${value}`).toBe(true)
    }
  })

  test('an empty study has the published figures only', () => {
    expect(figures([]).every(({ id }) => id.startsWith('paper-'))).toBe(true)
  })
})

test('a preset that the study does not have, and settings that are none, are refused', async () => {
  const tools = { onProgress: () => undefined, signal: new AbortController().signal }
  const asked = { preset: 'paper', backend: 'native', cacheFolder: 'unused' }
  await expect(prepareStudy(asked, tools)).rejects.toThrow(/smoke, laptop, complete\), got "paper"[\s\S]*accelerators/)
  expect(() => parseSettings(undefined)).toThrow(/got nothing/)
  const missing = prepareStudy({ ...asked, preset: 'smoke', dataFolder: '/no/such/folder' }, tools)
  await expect(missing).rejects.toThrow(/--data DIR/)
})
