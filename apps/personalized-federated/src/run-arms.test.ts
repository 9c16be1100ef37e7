import type { Figure } from '@lemanic/eval'
import { createBackend, defaultBackend, randomKey } from '@lemanic/tensor-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { type ArmName, mnistArms, regressionArms, soloArms } from './arms.js'
import { claims } from './claims.js'
import { metrics } from './metrics.js'
import { clientDigits } from './mnist/client-digits.js'
import { runDigitsArm } from './mnist/run-digits.js'
import { presetSizes } from './options.js'
import { prepareStudy } from './prepare-study.js'
import { figures } from './report/figures.js'
import { runArm } from './run-arm.js'
import { parseSettings } from './settings.js'
import { createStudy } from './study.js'
import { contextOf, fakeDigits, smokeOptions } from './testing/support.js'

beforeAll(() => createBackend())

const settings = { preset: 'smoke', cacheFolder: 'none', digitsHash: 'a'.repeat(64) }

describe('a run', () => {
  test.each<ArmName>([
    'rotation-fc',
    'private-ifca',
    'private-knn',
    'rotation-fine-tuned',
    'regression-fc',
    'regression-momentum-frozen',
    'sweeps',
    'starts',
    'byzantine',
    'matrix',
    'blobs',
    'byzantine-digits',
  ])(
    'of %s gives known, finite metrics, the same again, and others at another seed',
    async (arm) => {
      const first = await runArm(arm, 0, contextOf())
      for (const [name, value] of Object.entries(first.metrics)) {
        expect(Object.keys(metrics)).toContain(name)
        expect(value, name).toSatisfy(Number.isFinite)
      }
      expect(await runArm(arm, 0, contextOf())).toEqual(first)
      expect((await runArm(arm, 1, contextOf())).metrics).not.toEqual(first.metrics)
    },
    60_000,
  )

  test('of the digits leaves no tensor behind', async () => {
    await runArm('rotation-local', 0, contextOf())
    const before = defaultBackend().memory().buffers
    for (const arm of ['rotation-fc', 'private-ditto', 'private-knn', 'byzantine-digits'] as const)
      await runArm(arm, 0, contextOf())
    expect(defaultBackend().memory().buffers).toBe(before)
  })

  test('that is stopped throws what stopped it', async () => {
    const stop = new Error('stop')
    const report = () => Promise.reject(stop)
    for (const arm of ['private-local', 'regression-fc', 'matrix', 'byzantine'] as const)
      await expect(runArm(arm, 0, contextOf({ report }))).rejects.toBe(stop)
  })
})

test('every arm of every preset runs to metrics that its claims and figures can read', async () => {
  const runs = []
  for (const arm of [...mnistArms, ...regressionArms, ...soloArms])
    runs.push({ arm, seed: 0, seconds: 1, ...(await runArm(arm, 0, contextOf())) })
  const byArm = Object.fromEntries(runs.map(({ arm, metrics: own }) => [arm, own]))
  const declared = claims(presetSizes.smoke)
  expect(new Set(declared.map(({ id }) => id)).size).toBe(declared.length)
  for (const { id, test: own } of declared) {
    if (own.kind === 'contrast') expect(own.of(byArm as never), id).toSatisfy(Number.isFinite)
    else if (own.kind === 'difference')
      for (const arm of [own.arm, own.against]) expect(byArm[arm]![own.metric], id).toSatisfy(Number.isFinite)
  }
  const drawn = figures(runs, presetSizes.smoke)
  expect(new Set(drawn.map(({ id }: Figure) => id)).size).toBe(drawn.length)
  expect(drawn.map(({ id }) => id)).toEqual(expect.arrayContaining(['matrix-2', 'table-1-private']))
  expect(JSON.stringify(drawn)).not.toMatch(/NaN|Infinity/)
  expect(figures([], presetSizes.smoke)).toEqual([])
}, 120_000)

test('claims of the laptop find the quantiles and sizes that they name', () => {
  const { regression } = presetSizes.laptop
  expect(regression.quantiles).toContain(0.35)
  expect(regression.quantiles).toContain(0.2)
  expect(regression.others[1]).toEqual([4, 16])
  const share = (count: number) => count / (count + regression.clusters * regression.clientsPerCluster)
  // the last number of attackers is a share above q: as many points as the ball holds
  expect(share(regression.attackers.at(-1)!)).toBeGreaterThan(regression.attackedQuantile)
})

describe('digits of a seed', () => {
  const make = (setting: 'rotation' | 'private', attackers = 0) =>
    clientDigits({
      digits: fakeDigits(800, 100),
      setting,
      sizes: presetSizes.smoke.mnist,
      key: randomKey(1),
      attackers,
    })

  test('are the same for both settings but for the turn and the label, and for attackers beside them', () => {
    const [turned, renamed] = [make('rotation'), make('private')]
    const all = Int32Array.from({ length: 40 }, (_, i) => i)
    const batch = (digits: typeof turned, client: number) => digits.data[client]!.batch(all)
    const [a, b] = [batch(turned, 0), batch(renamed, 0)]
    expect([...a.x!.dataSync()]).toEqual([...b.x!.dataSync()])
    expect([...a.y!.dataSync()]).toEqual([...b.y!.dataSync()])
    const [c, d] = [batch(turned, 7), batch(renamed, 7)]
    expect([...c.x!.dataSync()]).not.toEqual([...d.x!.dataSync()])
    expect([...d.y!.dataSync()]).toEqual(Array.from(c.y!.dataSync(), (label) => ((label as number) + 3) % 10))
    expect(make('private', 2).clients.count).toBe(10)
  })

  test('are tested as their cluster sees them', () => {
    const { tests } = make('private')
    expect([...tests[2]!.labels]).toEqual([...tests[0]!.labels].map((label) => (label + 2) % 10))
    const turned = make('rotation').tests
    expect([...turned[1]!.values]).not.toEqual([...turned[0]!.values])
    expect([...turned[1]!.labels]).toEqual([...turned[0]!.labels])
  })

  test('can be learned: local training gets better than chance, one global model of private labels less so', async () => {
    const mnist = { ...smokeOptions.mnist, rounds: 60, pictures: 80, width: 16 }
    const context = contextOf({ options: { ...smokeOptions, mnist } })
    const accuracy = async (arm: 'private-local' | 'private-global' | 'private-oracle') =>
      (await runDigitsArm(arm, 0, context)).metrics.accuracy!
    const [alone, shared, oracle] = [
      await accuracy('private-local'),
      await accuracy('private-global'),
      await accuracy('private-oracle'),
    ]
    expect(alone).toBeGreaterThan(shared + 10)
    expect(oracle).toBeGreaterThan(shared + 10)
  })
})

test('the study is well formed for each preset, and says which presets there are', async () => {
  for (const preset of ['smoke', 'laptop', 'complete'])
    expect(createStudy({ ...settings, preset }, []).deviations.length).toBeGreaterThan(5)
  const tools = { onProgress: () => undefined, signal: new AbortController().signal }
  await expect(prepareStudy({ preset: 'paper', backend: 'native', cacheFolder: 'none' }, tools)).rejects.toThrow(
    /expected a preset \(smoke, laptop, complete\), got "paper"/,
  )
  expect(parseSettings(JSON.stringify(settings))).toEqual(settings)
})
