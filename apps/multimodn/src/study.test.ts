import { expect, test } from 'vitest'
import { isRealArm } from './arms.js'
import { claimsOf } from './claims.js'
import { familyNames, tasksOfFamily, tenTasks } from './data/family.js'
import { completeSizes, laptopSizes } from './options.js'
import { prepareStudy } from './prepare-study.js'
import { createStudy } from './study.js'

const settings = (missing: readonly string[], hasHaim = false) => ({
  hasHaim,

  preset: 'laptop',
  cacheFolder: '',
  missing,
  dataHash: 'x'.repeat(64),
})

test('ten real tasks of three kinds, each with a claim of both equalities', () => {
  expect(tenTasks).toHaveLength(10)
  const claims = claimsOf({ hasHaim: false })
  const further = claimsOf({ hasHaim: true }).filter(({ id }) => !claims.some((claim) => claim.id === id))
  expect(further.map(({ id }) => id)).toEqual(
    ['A', 'B'].flatMap((part) => tasksOfFamily.haim.map((task) => `${part}-${task}`)),
  )
  for (const task of tenTasks)
    for (const part of ['A', 'B']) expect(claims.some(({ id }) => id === `${part}-${task}`)).toBe(true)
})

test('claims have the shares that they look at, in every preset that judges', () => {
  for (const { mnar } of [laptopSizes, completeSizes])
    for (const share of [0.5, 0.9]) expect(mnar.shares).toContain(share)
})

test('without data the arms that need them are gone, and the synthetic ones stay', () => {
  const arms = (missing: readonly string[]) => createStudy(settings(missing)).presets.laptop!.arms!
  const everything = arms([])
  expect(everything).toContain('real-single')
  expect(arms(['education']).filter((arm) => arm.startsWith('education-'))).toEqual([])
  expect(arms(['education'])).toContain('real-single')
  const synthetic = arms([...familyNames, 'digits'])
  expect(synthetic.every((arm) => arm.startsWith('synthetic-') || arm.startsWith('mnar-'))).toBe(true)
  expect(synthetic.some(isRealArm)).toBe(false)
  expect(everything.filter(isRealArm)).toHaveLength(3)
  expect(synthetic.length).toBeGreaterThan(15)
})

test('what could not be loaded is said among the deviations', () => {
  const study = createStudy(settings(['wind']), { cards: [], families: [], reasons: { wind: 'no apt-get here' } })
  expect(study.deviations.some((text) => /Not loaded: wind.*no apt-get here/.test(text))).toBe(true)
})

test('there is no preset paper, and the message says why', async () => {
  const tools = { onProgress: () => undefined, signal: new AbortController().signal }
  await expect(prepareStudy({ preset: 'paper', backend: 'native', cacheFolder: '' }, tools)).rejects.toThrow(
    /credentialed/,
  )
})
