import type { FusedAttributes, Spec } from '../backend.js'
import { withScalars, type Scalar } from '../compile/dynamic-number.js'
import { shapeError } from '../errors.js'
import { run } from '../run.js'
import { formatShape, shapesEqual } from '../shape.js'
import type { Tensor } from '../tensor.js'
import { add, divide, multiply, subtract } from './binary.js'
import { full } from './creation.js'
import { expectDType } from './define.js'
import { type Fused } from './fused.js'
import { sum } from './reduction.js'
import { sqrt, square } from './unary.js'

/** `expected` groups of `count` tensors each, checked to agree position by position; one decay a tensor. */
function checkGroups(
  operation: string,
  inputs: readonly Spec[],
  count: number,
  expected: number,
  weightDecay: readonly number[],
): void {
  if (inputs.length !== expected * count) {
    throw shapeError(operation, `expected ${expected} lists of ${count} tensors, got ${inputs.length} tensors in all`)
  }
  if (weightDecay.length !== count)
    throw shapeError(operation, `expected ${count} values of weightDecay, one a tensor, got ${weightDecay.length}`)
  inputs.forEach((input, i) => {
    expectDType(operation, input, 'float32')
    const parameter = inputs[i % count]!
    if (!shapesEqual(input.shape, parameter.shape)) {
      throw shapeError(
        operation,
        `tensor ${i % count} has shape ${formatShape(parameter.shape)} among the parameters but ${formatShape(input.shape)} in group ${Math.floor(i / count)}`,
      )
    }
  })
}

function groups(inputs: readonly Tensor[], count: number): Tensor[][] {
  return Array.from({ length: inputs.length / count }, (_, group) => inputs.slice(group * count, (group + 1) * count))
}

const adamwOperation: Fused<'adamw'> = {
  name: 'adamw',
  infer(inputs, { count, weightDecay }) {
    checkGroups('adamw', inputs, count, 4, weightDecay)
    return [...inputs.slice(0, count), ...inputs.slice(0, count), ...inputs.slice(0, count)]
  },
  compose(inputs, { count, learningRate, beta1, beta2, epsilon, weightDecay, step }) {
    const [parameters, gradients, firsts, seconds] = groups(inputs, count) as [Tensor[], Tensor[], Tensor[], Tensor[]]
    const correction1 = 1 - beta1 ** step
    const correction2 = 1 - beta2 ** step
    const newFirsts = gradients.map((g, i) => add(multiply(firsts[i]!, beta1), multiply(g, 1 - beta1)))
    const newSeconds = gradients.map((g, i) => add(multiply(seconds[i]!, beta2), multiply(square(g), 1 - beta2)))
    const updated = parameters.map((p, i) => {
      const denominator = add(divide(sqrt(newSeconds[i]!), Math.sqrt(correction2)), epsilon)
      const decayed = multiply(p, 1 - learningRate * weightDecay[i]!)
      return subtract(decayed, divide(multiply(newFirsts[i]!, learningRate / correction1), denominator))
    })
    return [...updated, ...newFirsts, ...newSeconds]
  },
}

export interface AdamwStep {
  readonly parameters: readonly Tensor[]
  readonly gradients: readonly Tensor[]
  readonly firstMoments: readonly Tensor[]
  readonly secondMoments: readonly Tensor[]
}

export interface AdamwStepOptions extends Omit<FusedAttributes['adamw'], 'count' | 'learningRate' | 'step'> {
  readonly learningRate: Scalar
  readonly step: Scalar
}

/**
 * One AdamW step (Loshchilov & Hutter 2019) over many tensors in one call:
 * m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; p ← (1 − ηλ)p − η m̂ / (√v̂ + ε). `step` counts from 1; weightDecay has one λ a
 * tensor.
 */
export function adamwStep(
  { parameters, gradients, firstMoments, secondMoments }: AdamwStep,
  { learningRate, step, ...options }: AdamwStepOptions,
): Omit<AdamwStep, 'gradients'> {
  const count = parameters.length
  if (count === 0) return { parameters: [], firstMoments: [], secondMoments: [] }
  const outputs = run(adamwOperation, [...parameters, ...gradients, ...firstMoments, ...secondMoments], {
    count,
    ...options,
    ...withScalars({ learningRate, step }),
  })
  const [updated, firsts, seconds] = groups([...outputs], count) as [Tensor[], Tensor[], Tensor[]]
  return { parameters: updated, firstMoments: firsts, secondMoments: seconds }
}

const sgdOperation: Fused<'sgd'> = {
  name: 'sgd',
  infer(inputs, { count, momentum, weightDecay }) {
    checkGroups('sgd', inputs, count, momentum === 0 ? 2 : 3, weightDecay)
    return momentum === 0 ? inputs.slice(0, count) : [...inputs.slice(0, count), ...inputs.slice(0, count)]
  },
  compose(inputs, { count, learningRate, momentum, nesterov, weightDecay }) {
    const [parameters, gradients, velocities] = groups(inputs, count) as [Tensor[], Tensor[], Tensor[] | undefined]
    const decayed = gradients.map((g, i) =>
      weightDecay[i] === 0 ? g : add(g, multiply(parameters[i]!, weightDecay[i]!)),
    )
    const moved = momentum === 0 ? [] : decayed.map((g, i) => add(multiply(velocities![i]!, momentum), g))
    const directions =
      momentum === 0 ? decayed : decayed.map((g, i) => (nesterov ? add(g, multiply(moved[i]!, momentum)) : moved[i]!))
    return [...parameters.map((p, i) => subtract(p, multiply(directions[i]!, learningRate))), ...moved]
  },
}

export interface SgdStep {
  readonly parameters: readonly Tensor[]
  readonly gradients: readonly Tensor[]
  /** Empty when momentum is 0. */
  readonly velocities: readonly Tensor[]
}

export interface SgdStepOptions extends Omit<FusedAttributes['sgd'], 'count' | 'learningRate'> {
  readonly learningRate: Scalar
}

/** One step of SGD with momentum (PyTorch's form, no dampening) over many tensors in one call; see the backend table. */
export function sgdStep(
  { parameters, gradients, velocities }: SgdStep,
  { learningRate, ...options }: SgdStepOptions,
): Omit<SgdStep, 'gradients'> {
  const count = parameters.length
  if (count === 0) return { parameters: [], velocities: [] }
  const inputs = options.momentum === 0 ? [...parameters, ...gradients] : [...parameters, ...gradients, ...velocities]
  const outputs = run(sgdOperation, inputs, { count, ...options, ...withScalars({ learningRate }) })
  return { parameters: outputs.slice(0, count), velocities: outputs.slice(count) }
}

const sumOfSquaresOperation: Fused<'sumOfSquares'> = {
  name: 'sumOfSquares',
  infer(inputs) {
    for (const input of inputs) expectDType('sumOfSquares', input, 'float32')
    return [{ shape: [], dtype: 'float32' }]
  },
  compose(inputs) {
    return [inputs.map((x) => sum(square(x))).reduce((total, part) => add(total, part))]
  },
  gradient: ({ gradients, inputs }) => inputs.map((x) => multiply(multiply(x, 2), gradients[0]!)),
}

/** Σ of the squares of all elements of all tensors: a scalar. float32. */
export function sumOfSquares(inputs: readonly Tensor[]): Tensor {
  return inputs.length === 0 ? full([], 0) : run(sumOfSquaresOperation, inputs, {})[0]!
}
