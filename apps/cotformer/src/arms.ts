import type { ArmDefinition } from '@lemanic/eval'
import type { DecoderOptions } from '@lemanic/transformer'
import type { CotformerOptions } from './options.js'

type Sizes = Omit<CotformerOptions, 'corpus'>

/** The arms of every preset; all share width, heads, vocabulary, data order and the initial values of what they share. */
export const mainArms = ['standard', 'untied', 'block-universal', 'cotformer', 'ln-cotformer'] as const

/** The other cells of Table 1. */
export const table1Arms = [
  'block-universal-x2',
  'block-universal-x5',
  'cotformer-x2',
  'cotformer-x5',
  'other-standard',
  'other-block-universal-x2',
  'other-block-universal-x3',
  'other-block-universal-x5',
  'other-cotformer-x2',
  'other-cotformer-x3',
  'other-cotformer-x5',
  'deep-standard',
] as const

/** Reserved layers and the norm between repeats: Table 2. */
export const table2Arms = ['distinct-cotformer', 'reserved', 'ln-reserved'] as const

/** Models that choose repeats for each token: Table 4, figure 4, and training with one capacity. */
export const adaptiveArms = ['adaptive', 'adaptive-embedding', 'adaptive-fixed', 'adaptive-block-universal'] as const

/** A fixed number of repeats with a depth embedding (Table 4), the other halting methods (Table 5), pause tokens (Table 6). */
export const otherArms = ['ln-reserved-embedding', 'stick-breaking', 'ponder-net', 'pause-tokens'] as const

/** Models of the p-hop probe. */
export const hopArms = ['hop-single', 'hop-untied', 'hop-block-universal', 'hop-cotformer'] as const

/** Every arm that is trained on text. */
export const textArms = [...mainArms, ...table1Arms, ...table2Arms, ...adaptiveArms, ...otherArms] as const

/** Every arm. */
export const allArms = [...textArms, ...hopArms] as const

export type ArmName = (typeof allArms)[number]
export type HopArm = (typeof hopArms)[number]
export type AdaptiveArm = (typeof adaptiveArms)[number]

/** Part of the active tokens that each router of the arm with one capacity lets through. */
export const fixedCapacity = 0.6

export const isHop = (arm: ArmName): arm is HopArm => (hopArms as readonly string[]).includes(arm)
export const isAdaptive = (arm: ArmName): arm is AdaptiveArm => (adaptiveArms as readonly string[]).includes(arm)

type StackOptions = DecoderOptions['stack']

/** Titles, descriptions and stacks of all arms for the sizes of one preset. */
function armTable(
  sizes: Sizes,
): Record<ArmName, ArmDefinition & { readonly stack: StackOptions; readonly pauseTokens?: number }> {
  const { layers, repeats, untiedLayers, otherLayers, deepLayers, reserved, hop } = sizes
  const count = (number: number) => `${number} ${number === 1 ? 'layer' : 'layers'}`
  const standard = (own: number) => ({
    title: `Standard, ${count(own)}`,
    stack: { kind: 'standard', layers: own } as const,
  })
  const universal = (own: number, times: number) => ({
    title: `Block Universal ${own}×${times}`,
    stack: { kind: 'block-universal', layers: own, repeats: times } as const,
  })
  const cotformer = (own: number, times: number) => ({
    title: `CoTFormer ${own}×${times}`,
    stack: { kind: 'cotformer', layers: own, repeats: times } as const,
  })
  const name = `${reserved.begin}→${reserved.layers}×${reserved.repeats}→${reserved.end}`
  const loop = { kind: 'cotformer', ...reserved, repeatNorm: true } as const
  const routed = { ...loop, halting: 'mixture-of-repeats' } as const
  const embedding = { depthEmbedding: 'linear' } as const
  return {
    standard: {
      ...standard(layers),
      description: 'Each layer once: the parameters of the repeated models, a fraction of their computation.',
    },
    untied: {
      ...standard(untiedLayers),
      title: `Untied, ${count(untiedLayers)}`,
      description: `${untiedLayers === layers * repeats ? 'The depth of the repeated models' : 'A deeper model'} with weights of its own for every layer.`,
      optional: true,
    },
    'block-universal': {
      ...universal(layers, repeats),
      description: `The ${count(layers)} applied ${repeats} times; each repeat attends to itself alone.`,
    },
    cotformer: {
      ...cotformer(layers, repeats),
      description: 'The same weights; each repeat also attends to the keys and values of all repeats before it.',
    },
    'ln-cotformer': {
      title: `LN-CoTFormer ${layers}×${repeats}`,
      description: 'CoTFormer with one layer norm, shared by all repeats, after each repeat.',
      stack: { kind: 'cotformer', layers, repeats, repeatNorm: true },
    },
    'block-universal-x2': universal(layers, 2),
    'block-universal-x5': universal(layers, 5),
    'cotformer-x2': cotformer(layers, 2),
    'cotformer-x5': cotformer(layers, 5),
    'other-standard': standard(otherLayers),
    'other-block-universal-x2': universal(otherLayers, 2),
    'other-block-universal-x3': universal(otherLayers, 3),
    'other-block-universal-x5': universal(otherLayers, 5),
    'other-cotformer-x2': cotformer(otherLayers, 2),
    'other-cotformer-x3': cotformer(otherLayers, 3),
    'other-cotformer-x5': cotformer(otherLayers, 5),
    'deep-standard': standard(deepLayers),
    'distinct-cotformer': {
      ...cotformer(reserved.begin + reserved.layers + reserved.end, reserved.repeats),
      description: 'The layers of the reserved model, all of them repeated.',
    },
    reserved: {
      title: `CoTFormer ${name}`,
      description: 'Layers before and after the repeated ones are applied once.',
      stack: { kind: 'cotformer', ...reserved },
    },
    'ln-reserved': {
      title: `LN-CoTFormer ${name}`,
      description: 'With the layer norm after each repeat.',
      stack: loop,
    },
    'ln-reserved-embedding': {
      title: `LN-CoTFormer ${name}, depth embedding`,
      stack: { ...loop, ...embedding },
    },
    adaptive: {
      title: `Adaptive LN-CoTFormer ${name}`,
      description: 'Routers choose the tokens that go on; capacities are drawn for each batch.',
      stack: routed,
    },
    'adaptive-embedding': {
      title: `Adaptive LN-CoTFormer ${name}, depth embedding`,
      stack: { ...routed, ...embedding },
    },
    'adaptive-fixed': {
      title: `Adaptive LN-CoTFormer ${name}, depth embedding, one capacity`,
      description: `Trained with routers that let ${100 * fixedCapacity} % of their tokens through, for every batch.`,
      stack: {
        ...routed,
        ...embedding,
        capacities: Array.from({ length: reserved.repeats - 1 }, (_, i) => fixedCapacity ** (i + 1)),
      },
    },
    'adaptive-block-universal': {
      title: `Adaptive Block Universal ${name}, depth embedding`,
      description: 'The same routers; halted tokens are copied forward.',
      stack: { ...routed, ...embedding, kind: 'block-universal' },
    },
    'stick-breaking': {
      title: `Stick-breaking Block Universal ${name}`,
      stack: { ...loop, ...embedding, kind: 'block-universal', halting: 'stick-breaking' },
    },
    'ponder-net': {
      title: `PonderNet, Block Universal ${name}`,
      stack: { ...loop, ...embedding, kind: 'block-universal', halting: 'ponder-net' },
    },
    'pause-tokens': {
      title: `${count(layers)}, 4 pause tokens after each token`,
      description: 'As many applications of a layer for each token as in five repeats.',
      stack: { kind: 'standard', layers },
      pauseTokens: 4,
    },
    'hop-single': { ...standard(1), title: 'p-hop: 1 layer' },
    'hop-untied': { ...standard(hop.depth), title: `p-hop: ${count(hop.depth)}` },
    'hop-block-universal': { ...universal(1, hop.depth), title: `p-hop: Block Universal 1×${hop.depth}` },
    'hop-cotformer': { ...cotformer(1, hop.depth), title: `p-hop: CoTFormer 1×${hop.depth}` },
  }
}

/** Titles and descriptions for the sizes of one preset. */
export function describeArms(sizes: Sizes): Record<ArmName, ArmDefinition> {
  return Object.fromEntries(
    Object.entries(armTable(sizes)).map(([arm, { stack: _stack, pauseTokens: _pauses, ...described }]) => [
      arm,
      described,
    ]),
  ) as Record<ArmName, ArmDefinition>
}

/** The model of an arm. */
export function modelOptions(arm: ArmName, sizes: Sizes): DecoderOptions {
  const { width, heads, hop } = sizes
  const { stack, pauseTokens = 0 } = armTable(sizes)[arm]
  const [vocabularySize, contextLength] = isHop(arm)
    ? [hop.symbols + hop.hops.length, hop.length + 1]
    : [sizes.vocabularySize, sizes.contextLength]
  return { vocabularySize, width, heads, contextLength, stack, pauseTokens }
}
