import { countMultiplyAccumulates, countParameters, createDecoder, effectiveDepth } from '@lemanic/transformer'
import { describe, expect, test } from 'vitest'
import { allArms, type ArmName, modelOptions } from './arms.js'
import { laptopSizes, paperSizes, smokeSizes } from './options.js'

describe('the paper preset is the published configuration', () => {
  const macs = (arm: ArmName) => countMultiplyAccumulates(modelOptions(arm, paperSizes), { tokens: 256 }).total

  test.each<[ArmName, number]>([
    ['block-universal-x2', 45.941],
    ['block-universal', 68.892],
    ['block-universal-x5', 114.795],
    ['cotformer-x2', 47.149],
    ['cotformer', 72.516],
    ['cotformer-x5', 126.874],
  ])('%s: %d thousand million multiply–accumulates for 256 tokens', (arm, expected) => {
    expect(macs(arm) / 1e9).toBeCloseTo(expected, 3)
  })

  test('parameters: 124 million with 12 layers, 208.5 million with 24 and the repeat norm', () => {
    const width = 768
    const embedding = 50304 * width
    const block = 12 * width * width + 2 * width
    for (const arm of ['standard', 'block-universal', 'cotformer-x5'] as const) {
      expect(countParameters(modelOptions(arm, paperSizes)).total).toBe(embedding + 12 * block + width)
    }
    expect(countParameters(modelOptions('ln-cotformer', paperSizes)).total).toBe(embedding + 12 * block + 2 * width)
    const reserved = countParameters(modelOptions('ln-reserved', paperSizes)).total
    expect(reserved).toBe(embedding + 24 * block + 2 * width)
    expect(reserved / 1e6).toBeCloseTo(208.5, 1)
  })

  test('the reserved model has 108 effective layers', () => {
    expect(effectiveDepth(createDecoder(modelOptions('ln-reserved', paperSizes)).config.stack)).toBe(108)
  })
})

test.each([
  ['smoke', smokeSizes],
  ['laptop and complete', laptopSizes],
  ['paper', paperSizes],
] as const)('every arm of %s builds; the repeated ones share the standard model’s parameters', (preset, sizes) => {
  for (const arm of allArms)
    expect(createDecoder(modelOptions(arm, sizes)).config.width, `${preset} ${arm}`).toBe(sizes.width)
  const parameters = (arm: ArmName) => countParameters(modelOptions(arm, sizes)).total
  expect(parameters('block-universal')).toBe(parameters('standard'))
  expect(parameters('cotformer')).toBe(parameters('standard'))
  expect(parameters('ln-cotformer')).toBe(parameters('standard') + sizes.width)
  expect(sizes.steps % sizes.evaluationPoints).toBe(0)
  expect(effectiveDepth(createDecoder(modelOptions('cotformer', sizes)).config.stack)).toBe(
    sizes.layers * sizes.repeats,
  )
})
