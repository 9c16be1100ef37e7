import type { ArmDefinition } from '@lemanic/eval'
import type { DecoderOptions } from '@lemanic/transformer'
import type { CotformerOptions } from './options.js'

type Sizes = Omit<CotformerOptions, 'corpus'>

/** The arms of every preset; all share width, heads, vocabulary, data order and the initial values of what they share. */
export const mainArms = ['standard', 'untied', 'block-universal', 'cotformer', 'ln-cotformer'] as const

/** The other rows of Table 1 and the reserved layers of Table 2, in the paper preset only. */
export const paperArms = [
  'block-universal-x2',
  'block-universal-x5',
  'cotformer-x2',
  'cotformer-x5',
  'ln-cotformer-reserved',
] as const

export type ArmName = (typeof mainArms)[number] | (typeof paperArms)[number]

/** Titles and descriptions for the sizes of one preset. */
export function describeArms(sizes: Sizes): Record<ArmName, ArmDefinition> {
  const { layers, repeats, untiedLayers } = sizes
  const shape = `${layers}×${repeats}`
  const count = (number: number) => `${number} ${number === 1 ? 'layer' : 'layers'}`
  return {
    standard: {
      title: `Standard, ${count(layers)}`,
      description: 'Each layer once: the parameters of the repeated models, a fraction of their computation.',
    },
    untied: {
      title: `Untied, ${count(untiedLayers)}`,
      description: `${untiedLayers === layers * repeats ? 'The depth of the repeated models' : 'A deeper model'} with weights of its own for every layer.`,
      optional: true,
    },
    'block-universal': {
      title: `Block Universal ${shape}`,
      description: `The ${count(layers)} applied ${repeats} times; each repeat attends to itself alone.`,
    },
    cotformer: {
      title: `CoTFormer ${shape}`,
      description: 'The same weights; each repeat also attends to the keys and values of all repeats before it.',
    },
    'ln-cotformer': {
      title: `LN-CoTFormer ${shape}`,
      description: 'CoTFormer with one layer norm, shared by all repeats, after each repeat.',
    },
    'block-universal-x2': { title: `Block Universal ${layers}×2` },
    'block-universal-x5': { title: `Block Universal ${layers}×5` },
    'cotformer-x2': { title: `CoTFormer ${layers}×2` },
    'cotformer-x5': { title: `CoTFormer ${layers}×5` },
    'ln-cotformer-reserved': {
      title: 'LN-CoTFormer 2→21×5→1',
      description: 'With layers before and after the repeated ones (Table 2).',
    },
  }
}

/** The model of an arm. */
export function modelOptions(arm: ArmName, sizes: Sizes): DecoderOptions {
  const { vocabularySize, width, heads, contextLength } = sizes
  return { vocabularySize, width, heads, contextLength, stack: stackOf(arm, sizes) }
}

function stackOf(arm: ArmName, { layers, repeats, untiedLayers }: Sizes): DecoderOptions['stack'] {
  switch (arm) {
    case 'standard':
      return { kind: 'standard', layers }
    case 'untied':
      return { kind: 'standard', layers: untiedLayers }
    case 'block-universal':
      return { kind: 'block-universal', layers, repeats }
    case 'block-universal-x2':
      return { kind: 'block-universal', layers, repeats: 2 }
    case 'block-universal-x5':
      return { kind: 'block-universal', layers, repeats: 5 }
    case 'cotformer':
      return { kind: 'cotformer', layers, repeats }
    case 'cotformer-x2':
      return { kind: 'cotformer', layers, repeats: 2 }
    case 'cotformer-x5':
      return { kind: 'cotformer', layers, repeats: 5 }
    case 'ln-cotformer':
      return { kind: 'cotformer', layers, repeats, repeatNorm: true }
    case 'ln-cotformer-reserved':
      return { kind: 'cotformer', begin: 2, layers: 21, end: 1, repeats: 5, repeatNorm: true }
  }
}
