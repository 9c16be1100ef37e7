import type { Shape } from '../../backend.js'
import { adamwStep, sgdStep, sumOfSquares } from '../../operations/index.js'
import type { Tensor } from '../../tensor.js'
import type { Case } from '../case.js'
import { accumulated, type Tolerance } from '../compare.js'
import { normal, uniform, type HostValues } from '../host-values.js'

const shapes: readonly Shape[] = [[3, 5], [7], [], [0], [33, 67]]
const tolerance: Tolerance = { relative: 3e-6, scaled: 1e-6 }
const count = shapes.length

const tensors = (seed: number, deviation = 1): HostValues[] =>
  shapes.map((shape, i) => normal(shape, seed + i, deviation))
const positive = (seed: number): HostValues[] => shapes.map((shape, i) => uniform(shape, 0, 1, seed + i))
const group = (inputs: readonly Tensor[], i: number): readonly Tensor[] => inputs.slice(i * count, (i + 1) * count)

const adamw = (step: number, weightDecay: readonly number[]): Case => ({
  operation: 'adamw',
  name: `adamw step ${step} with decay ${weightDecay}`,
  inputs: () => [...tensors(10), ...tensors(20), ...tensors(30, 0.1), ...positive(40)],
  compute(inputs) {
    const [parameters, gradients, firstMoments, secondMoments] = [0, 1, 2, 3].map((i) => group(inputs, i)) as [
      Tensor[],
      Tensor[],
      Tensor[],
      Tensor[],
    ]
    const options = { learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay, step }
    const next = adamwStep({ parameters, gradients, firstMoments, secondMoments }, options)
    return [...next.parameters, ...next.firstMoments, ...next.secondMoments]
  },
  tolerance,
  differentiable: [],
})

const sgd = (momentum: number, nesterov: boolean, weightDecay: readonly number[]): Case => ({
  operation: 'sgd',
  name: `sgd momentum ${momentum}${nesterov ? ' nesterov' : ''} with decay ${weightDecay}`,
  inputs: () => [...tensors(10), ...tensors(20), ...(momentum === 0 ? [] : tensors(30))],
  compute(inputs) {
    const [parameters, gradients, velocities] = [0, 1, 2].map((i) => group(inputs, i)) as [Tensor[], Tensor[], Tensor[]]
    const next = sgdStep({ parameters, gradients, velocities }, { learningRate: 0.1, momentum, nesterov, weightDecay })
    return [...next.parameters, ...next.velocities]
  },
  tolerance,
  differentiable: [],
})

const decays = [0.1, 0, 0.01, 0, 0.1]
const none = [0, 0, 0, 0, 0]

export const optimizerCases: readonly Case[] = [
  adamw(1, none),
  adamw(1, decays),
  adamw(1000, decays),
  sgd(0, false, none),
  sgd(0, false, decays),
  sgd(0.9, false, decays),
  sgd(0.9, true, none),
  sgd(0.9, true, decays),
  {
    operation: 'sumOfSquares',
    name: 'sumOfSquares of five tensors',
    inputs: () => tensors(1),
    compute: (inputs) => sumOfSquares(inputs),
    tolerance: accumulated,
    smooth: false,
  },
  {
    operation: 'sumOfSquares',
    name: 'sumOfSquares of two small tensors',
    inputs: () => [normal([3]), normal([2, 2], 2)],
    compute: (inputs) => sumOfSquares(inputs),
  },
]
