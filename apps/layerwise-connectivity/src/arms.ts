import type { LayerPolicy } from '@lemanic/fed-opt'
import type { ArmDefinition } from '@lemanic/eval'
import type { PictureSetName } from './data/pictures.js'

/** A pair of networks on pictures. */
export interface VisionArm {
  readonly title: string
  readonly set: PictureSetName
  /** `linear` has no rectifiers and a squared loss; `norm` is the convolutional net with batch norm. */
  readonly network: 'mlp' | 'wide' | 'linear' | 'cnn' | 'norm'
  readonly rate: 'low' | 'middle' | 'high'
  readonly init: 'same' | 'different'
  /** Disjoint halves of the training pictures, or the same pictures in another order. */
  readonly data: 'halves' | 'shared'
}

export const perceptronArms = {
  'mlp-same': arm('MLP, same start', 'mlp'),
  'mlp-order': arm('MLP, same start, same pictures', 'mlp', { data: 'shared' }),
  'mlp-middle': arm('MLP, same start, middle rate', 'mlp', { rate: 'middle' }),
  'mlp-low': arm('MLP, same start, low rate', 'mlp', { rate: 'low' }),
  'mlp-wide': arm('MLP twice as wide, same start', 'wide'),
  'mlp-different': arm('MLP, different start', 'mlp', { init: 'different' }),
  'fashion-same': arm('Fashion-MNIST MLP, same start', 'mlp', { set: 'fashion-mnist' }),
  'fashion-different': arm('Fashion-MNIST MLP, different start', 'mlp', { set: 'fashion-mnist', init: 'different' }),
  linear: arm('Deep linear net, different start', 'linear', { init: 'different', rate: 'low' }),
} as const satisfies Record<string, VisionArm>

export const convolutionalArms = {
  'cnn-same': arm('CNN, same start', 'cnn'),
  'cnn-low': arm('CNN, same start, low rate', 'cnn', { rate: 'low' }),
  'cnn-different': arm('CNN, different start', 'cnn', { init: 'different' }),
  'cnn-norm': arm('CNN with batch norm, different start', 'norm', { init: 'different' }),
} as const satisfies Record<string, VisionArm>

export const languageArms = {
  'gpt-same': { title: 'GPT, same start', init: 'same' },
  'gpt-different': { title: 'GPT, different start', init: 'different' },
} as const

/** Which layers are averaged; L is the number of layers. */
export const policies = {
  none: () => ({ kind: 'none' }),
  all: () => ({ kind: 'all' }),
  first: (layers) => ({ kind: 'prefix', layers: Math.ceil(layers / 2) }),
  last: (layers) => ({ kind: 'suffix', layers: Math.ceil(layers / 2) }),
  middle: (layers) => ({ kind: 'middle', layers: Math.floor(layers / 3) }),
} as const satisfies Record<string, (layers: number) => LayerPolicy>
export type PolicyName = keyof typeof policies

const policyTitles: Readonly<Record<PolicyName, string>> = {
  none: 'nothing averaged',
  all: 'all averaged',
  first: 'first half averaged',
  last: 'last half averaged',
  middle: 'middle averaged',
}

export const splits = ['skewed', 'shards'] as const
export type SplitName = (typeof splits)[number]
const splitTitles: Readonly<Record<SplitName, string>> = { skewed: 'Label skew', shards: 'Two classes a client' }

export type FederatedArm = `${SplitName}-${PolicyName}`
export const federatedArms = splits.flatMap((split) =>
  (Object.keys(policies) as PolicyName[]).map((policy): FederatedArm => `${split}-${policy}`),
)

export type VisionArmName = keyof typeof perceptronArms | keyof typeof convolutionalArms
export type LanguageArmName = keyof typeof languageArms
export type ArmName = VisionArmName | LanguageArmName | FederatedArm

export const visionArms: Readonly<Record<VisionArmName, VisionArm>> = { ...perceptronArms, ...convolutionalArms }
export const pairArmNames = [...Object.keys(visionArms), ...Object.keys(languageArms)] as (
  | VisionArmName
  | LanguageArmName
)[]

export function isVision(arm: ArmName): arm is VisionArmName {
  return Object.hasOwn(visionArms, arm)
}

export function isLanguage(arm: ArmName): arm is LanguageArmName {
  return Object.hasOwn(languageArms, arm)
}

export function splitAndPolicy(arm: FederatedArm): { readonly split: SplitName; readonly policy: PolicyName } {
  const [split, policy] = arm.split('-') as [SplitName, PolicyName]
  return { split, policy }
}

export const armTitles = Object.fromEntries([
  ...Object.entries(visionArms).map(([name, { title }]) => [name, title]),
  ...Object.entries(languageArms).map(([name, { title }]) => [name, title]),
  ...federatedArms.map((name) => {
    const { split, policy } = splitAndPolicy(name)
    return [name, `${splitTitles[split]}: ${policyTitles[policy]}`]
  }),
]) as Readonly<Record<ArmName, string>>

export const armDefinitions = Object.fromEntries(
  Object.entries(armTitles).map(([name, title]) => [name, { title, optional: name !== 'mlp-same' }]),
) as Record<ArmName, ArmDefinition>

function arm(
  title: string,
  network: VisionArm['network'],
  more: Partial<Omit<VisionArm, 'title' | 'network'>> = {},
): VisionArm {
  return { set: 'mnist', rate: 'high', init: 'same', data: 'halves', ...more, title, network }
}
