import type { DeviceKernel, DeviceKernels } from './device-kernel.js'
import type { BinaryOperator, DeviceTensor, Operators, UnaryOperator } from './operators.js'

type Unary = (operators: Operators, x: DeviceTensor) => DeviceTensor
type Binary = (operators: Operators, a: DeviceTensor, b: DeviceTensor) => DeviceTensor

const unary = (name: UnaryOperator, ...repaired: Unary[]): DeviceKernel<unknown>[] =>
  [(o: Operators, x: DeviceTensor) => o.unary(name, x), ...repaired].map(
    (compute): DeviceKernel<unknown> =>
      (operators, [x]) => [compute(operators, x!)],
  )

const binary = (name: BinaryOperator, ...repaired: Binary[]): DeviceKernel<unknown>[] =>
  [(o: Operators, a: DeviceTensor, b: DeviceTensor) => o.binary(name, a, b), ...repaired].map(
    (compute): DeviceKernel<unknown> =>
      (operators, [a, b]) => [compute(operators, a!, b!)],
  )

/** For engines whose larger and smaller of two numbers pass over NaN. */
const keepingNaN =
  (name: 'Maximum' | 'Minimum'): Binary =>
  (o, a, b) =>
    o.select(o.binary('LogicalOr', o.unary('IsNan', a), o.unary('IsNan', b)), o.scalar(NaN), o.binary(name, a, b))

/** TensorFlow orders no truth values. */
const asIntegers =
  (name: BinaryOperator): Binary =>
  (o, a, b) =>
    o.binary(name, o.cast(a, 'int32'), o.cast(b, 'int32'))

const comparison = (name: BinaryOperator): DeviceKernel<unknown>[] => binary(name, asIntegers(name))

/** C's pow where an engine's differs: 1 to any power, and −1 to an infinite one, is 1. */
const powerOfOnes: Binary = (o, a, b) => {
  const infinite = o.unary('LogicalNot', o.binary('LogicalOr', o.unary('IsFinite', b), o.unary('IsNan', b)))
  const minusOne = o.binary('LogicalAnd', o.binary('Equal', a, o.scalar(-1)), infinite)
  const one = o.binary('LogicalOr', o.binary('Equal', a, o.scalar(1)), minusOne)
  return o.select(one, o.scalar(1), o.binary('Pow', a, b))
}

/** Truncates towards zero; NaN is 0 and what is out of range becomes the nearest int32. */
function saturating(o: Operators, x: DeviceTensor): DeviceTensor {
  const number = o.select(o.unary('IsNan', x), o.scalar(0), x)
  const above = o.binary('GreaterEqual', number, o.scalar(2 ** 31))
  const inside = o.select(above, o.scalar(0), o.binary('Maximum', number, o.scalar(-(2 ** 31))))
  const largest = o.create(Int32Array.of(2 ** 31 - 1), { shape: [], dtype: 'int32' })
  return o.select(above, largest, o.cast(inside, 'int32'))
}

export const elementWiseKernels: DeviceKernels = {
  negative: unary('Neg'),
  abs: unary('Abs'),
  sign: unary('Sign', (o, x) => {
    const itself = o.binary('LogicalOr', o.unary('IsNan', x), o.binary('Equal', x, o.scalar(0))) // NaN, and −0
    return o.select(itself, x, o.unary('Sign', x))
  }),
  square: unary('Square'),
  exp: unary('Exp'),
  expm1: unary('Expm1'),
  log: unary('Log'),
  log1p: unary('Log1p'),
  sqrt: unary('Sqrt'),
  rsqrt: unary('Rsqrt', (o, x) => o.unary('Reciprocal', o.unary('Sqrt', x))),
  reciprocal: unary('Reciprocal', (o, x) => o.binary('RealDiv', o.scalar(1), x)),
  sin: unary('Sin'),
  cos: unary('Cos'),
  tanh: unary('Tanh'),
  sigmoid: unary('Sigmoid', (o, x) =>
    o.unary('Reciprocal', o.binary('Add', o.scalar(1), o.unary('Exp', o.unary('Neg', x)))),
  ),
  erf: unary('Erf'),
  floor: unary('Floor'),
  ceil: unary('Ceil'),
  round: unary('Round', (o, x) => {
    const rounded = o.unary('Round', x)
    const isZero = o.binary('Equal', rounded, o.scalar(0))
    return o.select(isZero, o.binary('Multiply', x, o.scalar(0)), rounded) // −0 of what is negative
  }),
  relu: unary('Relu', (o, x) => o.select(o.binary('Less', x, o.scalar(0)), o.scalar(0), x)),
  isNaN: unary('IsNan', (o, x) => o.binary('NotEqual', x, x)),
  isFinite: unary('IsFinite', (o, x) => o.binary('Less', o.unary('Abs', x), o.scalar(Infinity))),
  logicalNot: unary('LogicalNot'),
  cast: [
    (o, [x], { dtype }) => [o.cast(x!, dtype)],
    (o, [x]) => [saturating(o, x!)],
    (o, [x]) => [saturating(o, o.cast(x!, 'float32'))],
    (o, [x], { dtype }) => [o.cast(o.cast(x!, 'float32'), dtype)],
    (o, [x]) => [o.binary('NotEqual', x!, o.scalar(0))],
  ],
  add: binary('Add'),
  subtract: binary('Sub'),
  multiply: binary('Multiply'),
  divide: binary('RealDiv'),
  power: binary('Pow', powerOfOnes),
  maximum: binary('Maximum', keepingNaN('Maximum')),
  minimum: binary('Minimum', keepingNaN('Minimum')),
  modulo: binary('Mod'),
  equal: comparison('Equal'),
  notEqual: comparison('NotEqual'),
  less: comparison('Less'),
  lessEqual: comparison('LessEqual'),
  greater: comparison('Greater'),
  greaterEqual: comparison('GreaterEqual'),
  logicalAnd: binary('LogicalAnd'),
  logicalOr: binary('LogicalOr'),
  where: [(o, [condition, a, b]) => [o.select(condition!, a!, b!)]],
}
