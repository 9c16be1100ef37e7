import { createBackend, defaultBackend } from '@lemanic/tensor-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { type ArmName, isNetwork, type NetworkArm, perceptronArms, vectorArms, type VectorArm } from './arms.js'
import { claims } from './claims.js'
import { metrics } from './metrics.js'
import { completeSizes, laptopSizes, smokeSizes } from './options.js'
import { prepareStudy } from './prepare-study.js'
import { rankCorrelation } from './rank-correlation.js'
import { figures } from './report/figures.js'
import { runNetworkArm } from './run-network.js'
import { runVectorArm, tunedError } from './run-vector.js'
import { parseSettings } from './settings.js'
import { createStudy } from './study.js'
import { contextOf, fakeDigits, smokeOptions } from './testing/support.js'

beforeAll(() => createBackend())

const run = (arm: ArmName, seed: number) =>
  isNetwork(arm) ? runNetworkArm(arm, seed, contextOf()) : runVectorArm(arm, seed, contextOf())

describe('a run', () => {
  test.each<ArmName>(['sgd', 'ig', 'grab', 'mlp-grab', 'mlp-ig', 'cnn-ss'])(
    'of %s gives known, finite metrics, the same again, and others at another seed',
    async (arm) => {
      const first = await run(arm, 0)
      for (const [name, value] of Object.entries(first.metrics)) {
        expect(Object.keys(metrics)).toContain(name)
        expect(value, name).toSatisfy(Number.isFinite)
      }
      expect(await run(arm, 0)).toEqual(first)
      expect((await run(arm, 1)).metrics).not.toEqual(first.metrics)
    },
  )

  test('of a network leaves no tensor behind', async () => {
    await run('mlp-rr', 0)
    const before = defaultBackend().memory().buffers
    await run('mlp-rr', 0)
    await run('mlp-grab', 0)
    expect(defaultBackend().memory().buffers).toBe(before)
  })

  test('that is stopped throws what stopped it', async () => {
    const stop = new Error('stop')
    const report = () => Promise.reject(stop)
    await expect(runVectorArm('sgd', 0, contextOf({ report }))).rejects.toBe(stop)
    await expect(runNetworkArm('mlp-sgd', 0, contextOf({ report }))).rejects.toBe(stop)
  })

  test('shares problem and data with the other arms of its seed: the first epoch of SS and RR is one', async () => {
    // Both take the same steps in epoch 0; with n = 40 the early steps lie within it.
    const { vector } = smokeOptions
    const options = { ...smokeOptions, vector: { ...vector, quadratic: { ...vector.quadratic, size: 40 } } }
    const once = await runVectorArm('ss', 3, contextOf({ options }))
    const fresh = await runVectorArm('rr', 3, contextOf({ options }))
    expect(once.metrics.early).toBe(fresh.metrics.early)
  })
})

test('every claim names metrics and step sizes that its preset has', () => {
  for (const sizes of [smokeSizes, laptopSizes, completeSizes]) {
    for (const { id, test: claim } of claims(sizes)) {
      if ('metric' in claim) expect(Object.keys(metrics), id).toContain(claim.metric)
    }
  }
  const settings = { preset: 'laptop', cacheFolder: 'unused', digitsHash: 'none' }
  expect(createStudy(settings, []).claims.length).toBeGreaterThan(15)
  expect(claims(laptopSizes).map(({ test: claim }) => claim)).not.toContainEqual(
    expect.objectContaining({ metric: expect.stringContaining('-1') as string }),
  )
})

test('figures come from whatever runs there are', async () => {
  const done = async (arm: VectorArm | NetworkArm, seed: number) => ({
    arm,
    seed,
    seconds: 1,
    ...(await run(arm, seed)),
  })
  const ids = (list: Awaited<ReturnType<typeof done>>[]) => figures(list, smokeSizes).map(({ id }) => id)
  const few = [await done('rr', 0)]
  expect(ids(few)).toContain('quadratic-iterates')
  const all = [...vectorArms, ...perceptronArms].flatMap((arm) => [0, 1].map((seed) => done(arm, seed)))
  const found = ids(await Promise.all(all))
  for (const id of [
    'ratios',
    'slopes',
    'crossovers',
    'counter-noise',
    'measure',
    'tuned',
    'mlp-gradient',
    'sharpness',
    'outcome',
  ]) {
    expect(found).toContain(id)
  }
  expect(found).not.toContain('cnn-gradient')
})

test('the tuned step size of an instance is chosen on the others', () => {
  // Instance 0 would choose the first row for itself; the others choose the second.
  expect(
    tunedError([
      [0, 5, 5],
      [3, 1, 1],
    ]),
  ).toBeCloseTo((3 + 1 + 1) / 3, 12)
  expect(tunedError([[4], [2]])).toBe(2)
})

test('rank correlation: 1 for the same order, −1 for the reverse, ties share ranks', () => {
  expect(rankCorrelation([1, 2, 3, 9], [10, 20, 21, 22])).toBeCloseTo(1, 12)
  expect(rankCorrelation([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12)
  expect(rankCorrelation([1, 1, 2], [1, 2, 3])).toBeCloseTo(Math.sqrt(3) / 2, 12)
})

test('a preset that the study does not have, and settings that are none, are refused', async () => {
  const tools = { onProgress: () => undefined, signal: new AbortController().signal }
  const settings = { preset: 'paper', backend: 'native', cacheFolder: 'unused' }
  await expect(prepareStudy(settings, tools)).rejects.toThrow(
    /smoke, laptop, complete\), got "paper"[\s\S]*does not publish/,
  )
  expect(() => parseSettings(undefined)).toThrow(/got nothing/)
  expect(() => parseSettings('{"preset":"smoke"}')).toThrow(/expected the settings/)
  const missing = prepareStudy({ ...settings, preset: 'smoke', dataFolder: '/no/such/folder' }, tools)
  await expect(missing).rejects.toThrow(/--data DIR/)
  expect(fakeDigits(3, 2).train.count).toBe(3)
})
