import { createBackend, defaultBackend } from '@lemanic/tensor-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { armTitles, type ArmName } from './arms.js'
import { claims } from './claims.js'
import { metrics } from './metrics.js'
import { smokeSizes } from './options.js'
import { prepareStudy } from './prepare-study.js'
import { figures } from './report/figures.js'
import { runArm } from './run-arm.js'
import { parseSettings } from './settings.js'
import { createStudy } from './study.js'
import { contextOf } from './testing/support.js'

beforeAll(() => createBackend())

const settings = { preset: 'laptop', cacheFolder: 'unused', dataHash: 'none', pictureSets: 'mnist,fashion-mnist' }

describe('a run', () => {
  test.each<ArmName>(['mlp-order', 'mlp-different', 'linear', 'cnn-norm', 'gpt-same', 'shards-first'])(
    'of %s gives known, finite metrics, the same again, and others at another seed',
    async (arm) => {
      const first = await runArm(arm, 0, contextOf())
      for (const [name, value] of Object.entries(first.metrics)) {
        expect(Object.keys(metrics)).toContain(name)
        expect(value, name).toSatisfy(Number.isFinite)
      }
      for (const [name, list] of Object.entries(first.samples ?? {}))
        for (const value of list) expect(value, name).toSatisfy(Number.isFinite)
      expect(await runArm(arm, 0, contextOf())).toEqual(first)
      expect((await runArm(arm, 1, contextOf())).metrics).not.toEqual(first.metrics)
    },
  )

  test.each<ArmName>(['mlp-different', 'cnn-norm', 'gpt-same'])('of %s leaves no tensor behind', async (arm) => {
    await runArm(arm, 0, contextOf())
    const before = defaultBackend().memory().buffers
    await runArm(arm, 1, contextOf())
    expect(defaultBackend().memory().buffers).toBe(before)
  })

  test.each<ArmName>(['mlp-same', 'gpt-same', 'shards-all'])(
    'of %s that is stopped throws what stopped it',
    async (arm) => {
      const stop = new Error('stop')
      await expect(runArm(arm, 0, { ...contextOf(), report: () => Promise.reject(stop) })).rejects.toBe(stop)
    },
  )

  test('of a deep linear net is nowhere above a chord, and its whole is not its worst layer', async () => {
    const { metrics: found } = await runArm('linear', 3, contextOf())
    expect(found['above chord']).toBeLessThan(1e-4)
    expect(found.full).not.toBe(found.worst)
  })

  test('of a federation: nothing averaged drifts apart, everything averaged does not', async () => {
    const [none, all] = await Promise.all(
      (['shards-none', 'shards-all'] as const).map((arm) => runArm(arm, 0, contextOf())),
    )
    expect(none!.metrics.drift).toBeGreaterThan(all!.metrics.drift! * 1.2)
    expect(none!.metrics.accuracy).toBeGreaterThan(all!.metrics.accuracy!)
    // until the first averaging both are the same
    expect(none!.curves!.accuracy!.y[0]).toBe(all!.curves!.accuracy!.y[0])
  })
})

describe('the study', () => {
  test('claims rest on arms and metrics that are there', () => {
    for (const { id, test: claim } of claims)
      if ('metric' in claim) expect(Object.keys(metrics), id).toContain(claim.metric)
    const study = createStudy(settings, [])
    expect(study.claims.length).toBeGreaterThan(25)
    expect(new Set(study.claims.map(({ id }) => id)).size).toBe(study.claims.length)
    expect(Object.keys(study.arms)).toEqual(Object.keys(armTitles))
  })

  test('contrasts read metrics that their runs return', async () => {
    const runs = new Map<ArmName, Readonly<Record<string, number>>>()
    for (const { id, test: claim } of claims) {
      if (claim.kind !== 'contrast') continue
      for (const arm of claim.arms) if (!runs.has(arm)) runs.set(arm, (await runArm(arm, 0, contextOf())).metrics)
      expect(claim.of(Object.fromEntries(runs) as Parameters<typeof claim.of>[0]), id).toSatisfy(Number.isFinite)
    }
  })

  test('runs without Fashion-MNIST, and says so', () => {
    const study = createStudy({ ...settings, pictureSets: 'mnist' }, [])
    expect(study.presets.laptop!.arms).not.toContain('fashion-same')
    expect(study.presets.laptop!.arms).toContain('mlp-same')
    expect(study.deviations.join(' ')).toMatch(/Fashion-MNIST could not be fetched/)
  })

  test('figures come from whatever runs there are', async () => {
    const done = async (arm: ArmName, seed: number) => ({
      arm,
      seed,
      seconds: 1,
      ...(await runArm(arm, seed, contextOf())),
    })
    expect(figures([], smokeSizes)).toEqual([])
    const one = await done('mlp-same', 0)
    expect(figures([one], smokeSizes).map(({ id }) => id)).toContain('mlp-same-time')
    const some = ['mlp-same', 'mlp-low', 'mlp-different', 'cnn-norm', 'gpt-same', 'skewed-all', 'skewed-last'] as const
    const found = figures(await Promise.all(some.flatMap((arm) => [0, 1].map((seed) => done(arm, seed)))), smokeSizes)
    const ids = found.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of [
      'equivalence',
      'mlp-layers',
      'cnn-norm-layers',
      'windows',
      'whole',
      'mlp-same-directions',
      'rates',
      'matching',
      'gpt-same-modules',
      'gpt-alpha',
      'federated',
      'federated-differences',
      'client-layers',
    ])
      expect(ids).toContain(id)
  })

  test('a preset that the study does not have, settings that are none, and a folder without MNIST are refused', async () => {
    const tools = { onProgress: () => undefined, signal: new AbortController().signal }
    const own = { preset: 'paper', backend: 'native', cacheFolder: 'unused' }
    await expect(prepareStudy(own, tools)).rejects.toThrow(/smoke, laptop, complete\), got "paper"[\s\S]*CIFAR/)
    expect(() => parseSettings(undefined)).toThrow(/got nothing/)
    expect(() => parseSettings('{"preset":"smoke"}')).toThrow(/expected the settings/)
    const missing = prepareStudy({ ...own, preset: 'smoke', dataFolder: '/no/such/folder' }, tools)
    await expect(missing).rejects.toThrow(/--data DIR/)
  })
})
