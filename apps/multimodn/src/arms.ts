import type { ArmDefinition } from '@lemanic/eval'
import { type MethodName, methods } from './methods.js'

/** Methods that are compared under missingness that depends on the label. */
export const mnarMethods = [
  'sequential',
  'batch',
  'reference',
  'sequential-dropout',
  'sequential-repaired',
  'parallel',
  'parallel-ordered',
  'parallel-mask',
  'parallel-token',
  'parallel-repaired',
  'late',
  'gated',
] as const satisfies readonly MethodName[]
export type MnarMethod = (typeof mnarMethods)[number]

/** Methods that predict all tasks of a real data set at once, beside the plain one; the complete preset has them all. */
export const otherMultiTask = [
  'residual',
  'random-order',
  'learned-order',
  'late',
  'gated',
] as const satisfies readonly MethodName[]

export const realArms = ['real-parallel', 'real-single', 'real-multi'] as const
export const otherRealArms = otherMultiTask.map((method) => `real-${method}` as const)
export const syntheticArms = ['synthetic-parallel', 'synthetic-single', 'synthetic-multi', 'synthetic-noise'] as const
export const digitsArms = ['digits-sequential', 'digits-parallel'] as const
export const mnarArms = mnarMethods.map((method) => `mnar-${method}` as const)
/** Where in the order the modality stands that goes missing; in `mnar-sequential` it is in the middle. */
export const positionArms = ['mnar-first', 'mnar-last'] as const
export const realMnarArms = mnarMethods.map((method) => `education-${method}` as const)
export const explorerArm = 'explorer'

export type ArmName =
  | (typeof realArms)[number]
  | (typeof otherRealArms)[number]
  | (typeof syntheticArms)[number]
  | (typeof digitsArms)[number]
  | (typeof mnarArms)[number]
  | (typeof positionArms)[number]
  | (typeof realMnarArms)[number]
  | typeof explorerArm

const described: Readonly<
  Record<
    (typeof realArms | typeof syntheticArms | typeof digitsArms | typeof positionArms)[number] | typeof explorerArm,
    ArmDefinition
  >
> = {
  'real-parallel': { title: 'Real: P-Fusion', description: 'Ten models, one for each task; a fold a seed.' },
  'real-single': {
    title: 'Real: MultiModN, single-task',
    description: 'Ten models, one for each task; a fold a seed.',
  },
  'real-multi': { title: 'Real: MultiModN, multi-task', description: 'Four models, all tasks of a data set at once.' },
  'synthetic-parallel': { title: 'Synthetic: P-Fusion' },
  'synthetic-single': { title: 'Synthetic: MultiModN, single-task' },
  'synthetic-multi': { title: 'Synthetic: MultiModN, two tasks' },
  'synthetic-noise': { title: 'Synthetic: MultiModN with noise', description: 'A fourth modality that holds nothing.' },
  'digits-sequential': {
    title: 'Digits: MultiModN',
    description: 'MNIST in quadrants, a quarter of them missing at random in training.',
    optional: true,
  },
  'digits-parallel': {
    title: 'Digits: parallel fusion',
    description: 'The same quadrants and encoders.',
    optional: true,
  },
  'mnar-first': {
    title: 'MNAR: MultiModN, first in order',
    description: 'The modality that goes missing comes first.',
  },
  'mnar-last': { title: 'MNAR: MultiModN, last in order', description: 'The modality that goes missing comes last.' },
  explorer: {
    title: 'For the reader',
    description: 'MultiModN trained in random orders, for the page.',
    optional: true,
  },
}

export const armDefinitions = {
  ...described,
  ...Object.fromEntries(
    otherMultiTask.map((name) => [
      `real-${name}`,
      { title: `Real: ${methods[name].title}, multi-task`, optional: true },
    ]),
  ),
  ...Object.fromEntries(mnarMethods.map((name) => [`mnar-${name}`, { title: `MNAR: ${methods[name].title}` }])),
  ...Object.fromEntries(
    mnarMethods.map((name) => [`education-${name}`, { title: `MNAR, STAR: ${methods[name].title}` }]),
  ),
} as Record<ArmName, ArmDefinition>

export const isRealArm = (arm: ArmName): boolean => arm.startsWith('real-')
