import { shapeError } from '../errors.js'
import { run } from '../run.js'
import type { Spec } from '../backend.js'
import type { Tensor } from '../tensor.js'
import { add, divide, multiply, subtract } from './binary.js'
import { equal, where } from './comparison.js'
import { expectDType } from './define.js'
import { type Fused, pullThrough } from './fused.js'
import { max, sum } from './reduction.js'
import { squeeze, transpose } from './shaping.js'
import { stopGradient } from './stop-gradient.js'
import { erf, exp, log, tanh } from './unary.js'
import { normalizeAxis } from '../shape.js'

const same =
  (name: string) =>
  ([x]: readonly Spec[]): readonly Spec[] => {
    expectDType(name, x!, 'float32')
    if (name !== 'gelu' && x!.shape.length === 0) throw shapeError(name, 'a scalar has no last axis')
    return [x!]
  }

const geluOperation: Fused<'gelu'> = {
  name: 'gelu',
  infer: same('gelu'),
  compose([x], { approximate }) {
    const inner =
      approximate === 'none'
        ? erf(multiply(x!, Math.SQRT1_2))
        : tanh(multiply(add(x!, multiply(multiply(x!, multiply(x!, x!)), 0.044715)), Math.sqrt(2 / Math.PI)))
    return [multiply(multiply(x!, 0.5), add(inner, 1))]
  },
  gradient: ({ gradients, inputs, attributes }) => [
    run(geluGradientOperation, [gradients[0]!, inputs[0]!], attributes)[0],
  ],
}
const geluGradientOperation: Fused<'geluGradient'> = {
  name: 'geluGradient',
  infer: ([, x]) => [x!],
  compose: ([g, x], attributes) => pullThrough((inputs) => geluOperation.compose(inputs, attributes), [x!], [g!], [0]),
}

/**
 * Gaussian error linear unit x·Φ(x) (Hendrycks & Gimpel 2016): exact through erf, or the `tanh` approximation of
 * GPT-2. float32.
 */
export function gelu(x: Tensor, { approximate = 'none' }: { approximate?: 'none' | 'tanh' } = {}): Tensor {
  return run(geluOperation, [x], { approximate })[0]!
}

/** max x over the last axis, 0 for rows of −∞; a shift that cancels, so no gradient passes. */
function finiteMaximum(x: Tensor): Tensor {
  const largest = max(stopGradient(x), -1, { keepDimensions: true })
  return where(equal(largest, -Infinity), 0, largest)
}

/** x − max x, with rows whose maximum is −∞ left alone so that they do not turn into NaN. */
function centred(x: Tensor): Tensor {
  return subtract(x, finiteMaximum(x))
}

const softmaxOperation: Fused<'softmax'> = {
  name: 'softmax',
  infer: same('softmax'),
  compose([x]) {
    const weights = exp(centred(x!))
    return [divide(weights, sum(weights, -1, { keepDimensions: true }))]
  },
  gradient: ({ gradients, outputs }) => [run(softmaxGradientOperation, [gradients[0]!, outputs[0]!], {})[0]],
}
const softmaxGradientOperation: Fused<'softmaxGradient'> = {
  name: 'softmaxGradient',
  infer: ([g]) => [g!],
  compose: ([g, y]) => [multiply(y!, subtract(g!, sum(multiply(g!, y!), -1, { keepDimensions: true })))],
}

const logSoftmaxOperation: Fused<'logSoftmax'> = {
  name: 'logSoftmax',
  infer: same('logSoftmax'),
  compose([x]) {
    const shifted = centred(x!)
    return [subtract(shifted, log(sum(exp(shifted), -1, { keepDimensions: true })))]
  },
  gradient: ({ gradients, outputs }) => [run(logSoftmaxGradientOperation, [gradients[0]!, outputs[0]!], {})[0]],
}
const logSoftmaxGradientOperation: Fused<'logSoftmaxGradient'> = {
  name: 'logSoftmaxGradient',
  infer: ([g]) => [g!],
  compose: ([g, y]) => [subtract(g!, multiply(exp(y!), sum(g!, -1, { keepDimensions: true })))],
}

/** Runs `f` with `axis` as the last one. */
function alongLast(x: Tensor, axis: number, f: (x: Tensor) => Tensor): Tensor {
  const along = normalizeAxis('softmax', axis, x.rank)
  if (x.size === 0) return x
  if (along === x.rank - 1) return f(x)
  const order = Array.from({ length: x.rank }, (_, i) => i)
  order[along] = x.rank - 1
  order[x.rank - 1] = along
  return transpose(f(transpose(x, order)), order)
}

/** exp(x) / Σ exp(x) along an axis (default the last), stable. float32. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return alongLast(x, axis, (input) => run(softmaxOperation, [input], {})[0]!)
}

/** log softmax along an axis (default the last), stable. float32. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return alongLast(x, axis, (input) => run(logSoftmaxOperation, [input], {})[0]!)
}

/** log Σ exp(x) over the last axis, stable; −∞ for a row of −∞. float32. */
export function logSumExp(x: Tensor, { keepDimensions = false }: { keepDimensions?: boolean } = {}): Tensor {
  const shift = finiteMaximum(x)
  const weight = sum(exp(subtract(x, shift)), -1, { keepDimensions: true })
  const isHidden = equal(weight, 0)
  const total = where(isHidden, -Infinity, add(log(where(isHidden, 1, weight)), shift))
  return keepDimensions ? total : squeeze(total, -1)
}
