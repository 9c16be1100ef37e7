import type { Spec } from '../backend.js'
import { shapeError } from '../errors.js'
import { run } from '../run.js'
import { formatShape } from '../shape.js'
import type { Tensor } from '../tensor.js'
import { add, multiply, subtract } from './binary.js'
import { zerosLike } from './creation.js'
import { expectDType } from './define.js'
import { type Fused, pullThrough } from './fused.js'
import { mean } from './reduction.js'
import { rsqrt, square } from './unary.js'
import { squeeze } from './shaping.js'

function checkVector(operation: string, what: string, vector: Spec | undefined, x: Spec): void {
  const width = x.shape[x.shape.length - 1]
  if (vector !== undefined && (vector.shape.length !== 1 || vector.shape[0] !== width)) {
    throw shapeError(
      operation,
      `the ${what} must have shape [${width ?? '?'}] for x ${formatShape(x.shape)}, got ${formatShape(vector.shape)}`,
    )
  }
}

const layerNormOperation: Fused<'layerNorm'> = {
  name: 'layerNorm',
  infer([x, gain, bias]) {
    expectDType('layerNorm', x!, 'float32')
    checkVector('layerNorm', 'gain', gain, x!)
    checkVector('layerNorm', 'bias', bias, x!)
    const rows: Spec = { shape: x!.shape.slice(0, -1), dtype: 'float32' }
    return [x!, rows, rows]
  },
  compose(inputs, { epsilon }) {
    const { y, centre, inverse } = standardize(inputs, epsilon)
    return [y, squeeze(centre, -1), squeeze(inverse, -1)]
  },
  gradient({ gradients, inputs, outputs, attributes }) {
    const [x, gain] = inputs as [Tensor, Tensor]
    return run(layerNormGradientOperation, [gradients[0]!, x, gain, outputs[1]!, outputs[2]!], attributes)
  },
}

function standardize(
  [x, gain, bias]: readonly Tensor[],
  epsilon: number,
): { y: Tensor; centre: Tensor; inverse: Tensor } {
  const centre = mean(x!, -1, { keepDimensions: true })
  const shifted = subtract(x!, centre)
  const inverse = rsqrt(add(mean(square(shifted), -1, { keepDimensions: true }), epsilon))
  const scaled = multiply(multiply(shifted, inverse), gain!)
  return { y: bias === undefined ? scaled : add(scaled, bias), centre, inverse }
}

const layerNormGradientOperation: Fused<'layerNormGradient'> = {
  name: 'layerNormGradient',
  infer: ([, x, gain], { hasBias }) => (hasBias ? [x!, gain!, gain!] : [x!, gain!]),
  /** Mean and deviation are worked out again, so that second derivatives see how they depend on x. */
  compose([g, x, gain], { epsilon, hasBias }) {
    const bias = hasBias ? [zerosLike(gain!)] : []
    return pullThrough(
      (inputs) => [standardize(inputs, epsilon).y],
      [x!, gain!, ...bias],
      [g!],
      hasBias ? [0, 1, 2] : [0, 1],
    )
  },
}

/**
 * (x − mean) / √(variance + epsilon) · gain + bias over the last axis (Ba et al. 2016). x […, d], gain [d],
 * bias [d] or none; epsilon 1e-5 by default. float32.
 */
export function layerNorm(
  x: Tensor,
  gain: Tensor,
  bias?: Tensor,
  { epsilon = 1e-5 }: { epsilon?: number } = {},
): Tensor {
  return run(layerNormOperation, bias === undefined ? [x, gain] : [x, gain, bias], {
    epsilon,
    hasBias: bias !== undefined,
  })[0]!
}

const rmsNormOperation: Fused<'rmsNorm'> = {
  name: 'rmsNorm',
  infer([x, gain]) {
    expectDType('rmsNorm', x!, 'float32')
    checkVector('rmsNorm', 'gain', gain, x!)
    return [x!, { shape: x!.shape.slice(0, -1), dtype: 'float32' }]
  },
  compose([x, gain], { epsilon }) {
    const inverse = rsqrt(add(mean(square(x!), -1, { keepDimensions: true }), epsilon))
    return [multiply(multiply(x!, inverse), gain!), squeeze(inverse, -1)]
  },
  gradient({ gradients, inputs, outputs, attributes }) {
    return run(rmsNormGradientOperation, [gradients[0]!, inputs[0]!, inputs[1]!, outputs[1]!], attributes)
  },
}
const rmsNormGradientOperation: Fused<'rmsNormGradient'> = {
  name: 'rmsNormGradient',
  infer: ([, x, gain]) => [x!, gain!],
  compose: ([g, x, gain], attributes) =>
    pullThrough((inputs) => rmsNormOperation.compose(inputs, attributes), [x!, gain!], [g!], [0, 1]),
}

/** x / √(mean x² + epsilon) · gain over the last axis (Zhang & Sennrich 2019). x […, d], gain [d]. float32. */
export function rmsNorm(x: Tensor, gain: Tensor, { epsilon = 1e-6 }: { epsilon?: number } = {}): Tensor {
  return run(rmsNormOperation, [x, gain], { epsilon })[0]!
}
