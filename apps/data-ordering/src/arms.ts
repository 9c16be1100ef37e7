import {
  createOrder,
  type DataOrder,
  type GradientTable,
  gradientSortedOrder,
  labelSortedOrder,
  type OrderName,
} from '@lemanic/curriculum'
import type { ArmDefinition } from '@lemanic/eval'
import type { RandomKey } from '@lemanic/tensor-core'
import { gradientTable, type VectorProblem } from './vector-problem.js'

/** Orders that are compared on the vector problems. */
export const vectorArms = ['sgd', 'ig', 'ss', 'rr', 'flip-flop', 'block', 'grab', 'pair'] as const
/** Orders of the complete preset besides. */
export const slowArms = ['greedy', 'recursive'] as const
/** The perceptron and the convolutional net, whose units are batches. */
export const perceptronArms = ['mlp-sgd', 'mlp-ig', 'mlp-ss', 'mlp-rr', 'mlp-grab'] as const
export const convolutionalArms = ['cnn-sgd', 'cnn-ss', 'cnn-rr', 'cnn-grab'] as const

export type VectorArm = (typeof vectorArms)[number] | (typeof slowArms)[number]
export type NetworkArm = (typeof perceptronArms)[number] | (typeof convolutionalArms)[number]
export type ArmName = VectorArm | NetworkArm

const orders: Readonly<Record<Exclude<VectorArm, 'ig'>, OrderName>> = {
  sgd: 'with-replacement',
  ss: 'single-shuffle',
  rr: 'random-reshuffling',
  'flip-flop': 'flip-flop',
  block: 'block-shuffle',
  grab: 'mean-balance',
  pair: 'pair-balance',
  greedy: 'greedy-herding',
  recursive: 'recursive-balance',
}

/** Short names, for figures. */
export const orderTitles: Readonly<Record<VectorArm, string>> = {
  sgd: 'With replacement',
  ig: 'Incremental, sorted',
  ss: 'Single shuffle',
  rr: 'Random reshuffling',
  'flip-flop': 'FlipFlop',
  block: 'Block shuffle',
  grab: 'GraB',
  pair: 'Pair balance',
  greedy: 'Greedy herding',
  recursive: 'Recursive balance',
}

const described: Readonly<Record<VectorArm, string>> = {
  sgd: 'Every step draws any component (SGD).',
  ig: 'One order, sorted against the method: by label, or by gradient where there are none.',
  ss: 'One random order, every epoch.',
  rr: 'A fresh random order each epoch.',
  'flip-flop': 'A fresh order, then the same backwards.',
  block: 'Two-level shuffle: random blocks, a tenth of them in memory at a time.',
  grab: 'Gradients balanced against the mean of the epoch before.',
  pair: 'Differences of neighbouring gradients balanced.',
  greedy: 'The next component is the one that keeps the sum of gradients shortest.',
  recursive: 'Pair balance in three levels.',
}

export const armDefinitions = Object.fromEntries([
  ...[...vectorArms, ...slowArms].map((arm) => [arm, { title: orderTitles[arm], description: described[arm] }]),
  ...perceptronArms.map((arm) => [
    arm,
    { title: `MLP: ${orderTitles[orderOfNetwork(arm)].toLowerCase().replace('grab', 'GraB')}`, optional: true },
  ]),
  ...convolutionalArms.map((arm) => [
    arm,
    { title: `CNN: ${orderTitles[orderOfNetwork(arm)].toLowerCase().replace('grab', 'GraB')}`, optional: true },
  ]),
]) as Record<ArmName, ArmDefinition>

export function isNetwork(arm: ArmName): arm is NetworkArm {
  return arm.startsWith('mlp-') || arm.startsWith('cnn-')
}

/** The order that a network's arm takes. */
export function orderOfNetwork(arm: NetworkArm): VectorArm {
  return arm.slice(4) as VectorArm
}

/** The order of an arm on an instance of a vector problem; arms share the key, hence their draws where they can. */
export function orderOnProblem(arm: VectorArm, problem: VectorProblem, instance: number, key: RandomKey): DataOrder {
  const { size, dimension, labels } = problem
  if (arm !== 'ig') return createOrder({ name: orders[arm], size, key })
  if (labels !== undefined) return labelSortedOrder({ labels: labels(instance) })
  return gradientSortedOrder({
    gradients: { size, dimension, values: gradientTable(problem, instance, problem.start(instance)) },
  })
}

/** The order of an arm over the batches of a network; `gradients` gives those of all batches at the start. */
export function orderOfBatches(
  arm: NetworkArm,
  size: number,
  key: RandomKey,
  gradients: () => GradientTable,
): DataOrder {
  const order = orderOfNetwork(arm)
  return order === 'ig'
    ? gradientSortedOrder({ gradients: gradients() })
    : createOrder({ name: orders[order], size, key })
}
