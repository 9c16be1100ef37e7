import type { DType } from '../dtype.js'
import { run } from '../run.js'
import type { Operation } from '../tape-node.js'
import type { Tensor } from '../tensor.js'
import { add, divide, minimum, multiply, subtract } from './binary.js'
import { zerosLike } from './creation.js'
import { lessEqual, where } from './comparison.js'
import { type Primitive, expectDType } from './define.js'
import { type Fused } from './fused.js'
import { stopGradient } from './stop-gradient.js'

type None = Record<never, never>
type UnaryName =
  | 'negative'
  | 'abs'
  | 'sign'
  | 'square'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'sqrt'
  | 'rsqrt'
  | 'reciprocal'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'sigmoid'
  | 'erf'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'relu'

/** Cotangent of x from that of y = f(x). */
type Rule = (g: Tensor, x: Tensor, y: Tensor) => Tensor

function unary(name: UnaryName, rule: Rule, allowed: readonly DType[] = ['float32']): Operation<None> {
  return {
    name,
    infer([x]) {
      expectDType(name, x!, ...allowed)
      return [x!]
    },
    gradient: ({ gradients, inputs, outputs }) => [rule(gradients[0]!, inputs[0]!, outputs[0]!)],
  }
}

const withIntegers = ['float32', 'int32'] as const
const flat: Rule = (_, x) => zerosLike(x)

const negativeOperation = unary('negative', (g) => negative(g), withIntegers)
const absOperation = unary('abs', (g, x) => multiply(g, sign(x)), withIntegers)
const signOperation = unary('sign', flat, withIntegers)
const squareOperation = unary('square', (g, x) => multiply(g, multiply(x, 2)), withIntegers)
const expOperation = unary('exp', (g, _, y) => multiply(g, y))
const expm1Operation = unary('expm1', (g, _, y) => multiply(g, add(y, 1)))
const logOperation = unary('log', (g, x) => divide(g, x))
const log1pOperation = unary('log1p', (g, x) => divide(g, add(x, 1)))
const sqrtOperation = unary('sqrt', (g, _, y) => divide(g, multiply(y, 2)))
const rsqrtOperation = unary('rsqrt', (g, x, y) => multiply(g, divide(multiply(y, -0.5), x)))
const reciprocalOperation = unary('reciprocal', (g, _, y) => negative(multiply(g, square(y))))
const sinOperation = unary('sin', (g, x) => multiply(g, cos(x)))
const cosOperation = unary('cos', (g, x) => negative(multiply(g, sin(x))))
const tanhOperation = unary('tanh', (g, _, y) => multiply(g, subtract(1, square(y))))
const sigmoidOperation = unary('sigmoid', (g, _, y) => multiply(g, multiply(y, subtract(1, y))))
const erfOperation = unary('erf', (g, x) => multiply(g, multiply(exp(negative(square(x))), 2 / Math.sqrt(Math.PI))))
const floorOperation = unary('floor', flat)
const ceilOperation = unary('ceil', flat)
const roundOperation = unary('round', flat)
const reluOperation = unary('relu', (g, _, y) => reluGradient(g, y))
const reluGradientOperation: Fused<'reluGradient'> = {
  name: 'reluGradient',
  infer: ([g]) => [g!],
  compose: ([g, y]) => [where(lessEqual(y!, 0), 0, g!)],
  gradient: ({ gradients, inputs }) => [reluGradient(gradients[0]!, inputs[1]!), undefined],
}

/** The cotangent of x for that of y = relu(x): g where y > 0, else 0. */
export function reluGradient(g: Tensor, y: Tensor): Tensor {
  return run(reluGradientOperation, [g, y], {})[0]!
}

const apply = (operation: Operation<None>, x: Tensor): Tensor => run(operation, [x], {})[0]!

/** −x. float32 or int32. */
export const negative = (x: Tensor): Tensor => apply(negativeOperation, x)
/** |x|, with derivative 0 at 0. float32 or int32. */
export const abs = (x: Tensor): Tensor => apply(absOperation, x)
/** −1, 0 or 1. float32 or int32. */
export const sign = (x: Tensor): Tensor => apply(signOperation, x)
/** x². float32 or int32. */
export const square = (x: Tensor): Tensor => apply(squareOperation, x)
export const exp = (x: Tensor): Tensor => apply(expOperation, x)
/** exp(x) − 1, exact near 0. */
export const expm1 = (x: Tensor): Tensor => apply(expm1Operation, x)
export const log = (x: Tensor): Tensor => apply(logOperation, x)
/** log(1 + x), exact near 0. */
export const log1p = (x: Tensor): Tensor => apply(log1pOperation, x)
export const sqrt = (x: Tensor): Tensor => apply(sqrtOperation, x)
/** 1 / √x. */
export const rsqrt = (x: Tensor): Tensor => apply(rsqrtOperation, x)
/** 1 / x. */
export const reciprocal = (x: Tensor): Tensor => apply(reciprocalOperation, x)
export const sin = (x: Tensor): Tensor => apply(sinOperation, x)
export const cos = (x: Tensor): Tensor => apply(cosOperation, x)
export const tanh = (x: Tensor): Tensor => apply(tanhOperation, x)
export const sigmoid = (x: Tensor): Tensor => apply(sigmoidOperation, x)
/** The error function. */
export const erf = (x: Tensor): Tensor => apply(erfOperation, x)
export const floor = (x: Tensor): Tensor => apply(floorOperation, x)
export const ceil = (x: Tensor): Tensor => apply(ceilOperation, x)
/** Nearest integer, halves to even. */
export const round = (x: Tensor): Tensor => apply(roundOperation, x)
/** max(x, 0), with derivative 0 at 0. */
export const relu = (x: Tensor): Tensor => apply(reluOperation, x)

const castOperation: Primitive<'cast'> = {
  name: 'cast',
  infer: ([x], { dtype }) => [{ shape: x!.shape, dtype }],
  gradient: ({ gradients }) => [gradients[0]],
}

/**
 * The same values in another dtype. To int32 truncates towards zero; to bool is x ≠ 0; to a 16-bit float rounds to
 * nearest, ties to even. Only float32 → float32 carries a gradient.
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : run(castOperation, [x], { dtype })[0]!
}

/**
 * log(1 + exp(x)) without overflow: m + log(e^−m + e^(x − m)) for m = max(x, 0). m is a constant to the tape, so that
 * the derivative is sigmoid(x) everywhere, at the kink of m, too.
 */
export function softplus(x: Tensor): Tensor {
  const m = stopGradient(minimum(relu(x), 3e38))
  return add(m, log1p(add(expm1(negative(m)), exp(subtract(x, m)))))
}

/** x · sigmoid(x), also called swish. */
export function silu(x: Tensor): Tensor {
  return multiply(x, sigmoid(x))
}
