import { shapeError } from '../errors.js'
import { run } from '../run.js'
import { broadcastShapes } from '../shape.js'
import type { Operation } from '../tape-node.js'
import { isTensor, type Tensor } from '../tensor.js'
import { operands, runBinary, type TensorLike } from './binary.js'
import { full, zerosLike } from './creation.js'
import { type Primitive, expectDType } from './define.js'
import { sumTo } from './sum-to.js'

type None = Record<never, never>

function comparison(name: 'equal' | 'notEqual' | 'less' | 'lessEqual' | 'greater' | 'greaterEqual'): Operation<None> {
  return {
    name,
    infer([a, b]) {
      expectDType(name, a!, 'float32', 'int32', 'bool')
      if (a!.dtype !== b!.dtype)
        throw shapeError(name, `the operands are ${a!.dtype} and ${b!.dtype}; cast one of them`)
      return [{ shape: broadcastShapes(name, a!.shape, b!.shape), dtype: 'bool' }]
    },
  }
}

const equalOperation = comparison('equal')
const notEqualOperation = comparison('notEqual')
const lessOperation = comparison('less')
const lessEqualOperation = comparison('lessEqual')
const greaterOperation = comparison('greater')
const greaterEqualOperation = comparison('greaterEqual')

/** a = b element-wise, broadcast → bool. */
export const equal = (a: TensorLike, b: TensorLike): Tensor => runBinary(equalOperation, a, b)
/** a ≠ b element-wise, broadcast → bool. */
export const notEqual = (a: TensorLike, b: TensorLike): Tensor => runBinary(notEqualOperation, a, b)
/** a < b element-wise, broadcast → bool. */
export const less = (a: TensorLike, b: TensorLike): Tensor => runBinary(lessOperation, a, b)
/** a ≤ b element-wise, broadcast → bool. */
export const lessEqual = (a: TensorLike, b: TensorLike): Tensor => runBinary(lessEqualOperation, a, b)
/** a > b element-wise, broadcast → bool. */
export const greater = (a: TensorLike, b: TensorLike): Tensor => runBinary(greaterOperation, a, b)
/** a ≥ b element-wise, broadcast → bool. */
export const greaterEqual = (a: TensorLike, b: TensorLike): Tensor => runBinary(greaterEqualOperation, a, b)

function logical(name: 'logicalAnd' | 'logicalOr'): Operation<None> {
  return {
    name,
    infer([a, b]) {
      expectDType(name, a!, 'bool')
      expectDType(name, b!, 'bool')
      return [{ shape: broadcastShapes(name, a!.shape, b!.shape), dtype: 'bool' }]
    },
  }
}
const andOperation = logical('logicalAnd')
const orOperation = logical('logicalOr')

/** Both, bool, broadcast. */
export const logicalAnd = (a: TensorLike, b: TensorLike): Tensor => runBinary(andOperation, a, b)
/** Either, bool, broadcast. */
export const logicalOr = (a: TensorLike, b: TensorLike): Tensor => runBinary(orOperation, a, b)

function test(name: 'isNaN' | 'isFinite' | 'logicalNot'): Operation<None> {
  return {
    name,
    infer([x]) {
      expectDType(name, x!, name === 'logicalNot' ? 'bool' : 'float32')
      return [{ shape: x!.shape, dtype: 'bool' }]
    },
  }
}
const isNaNOperation = test('isNaN')
const isFiniteOperation = test('isFinite')
const notOperation = test('logicalNot')

/** Where x is NaN → bool. */
export const isNaN = (x: Tensor): Tensor => run(isNaNOperation, [x], {})[0]!
/** Where x is neither NaN nor infinite → bool. */
export const isFinite = (x: Tensor): Tensor => run(isFiniteOperation, [x], {})[0]!
/** The opposite, bool. */
export const logicalNot = (x: Tensor): Tensor => run(notOperation, [x], {})[0]!

const whereOperation: Primitive<'where'> = {
  name: 'where',
  infer([condition, a, b]) {
    expectDType('where', condition!, 'bool')
    if (a!.dtype !== b!.dtype)
      throw shapeError('where', `the choices are ${a!.dtype} and ${b!.dtype}; cast one of them`)
    const choices = broadcastShapes('where', a!.shape, b!.shape)
    return [{ shape: broadcastShapes('where', condition!.shape, choices), dtype: a!.dtype }]
  },
  gradient({ gradients, inputs, needs }) {
    const [condition, a, b] = inputs as [Tensor, Tensor, Tensor]
    const g = gradients[0]!
    return [
      undefined,
      needs[1] ? sumTo(where(condition, g, zerosLike(g)), a.shape) : undefined,
      needs[2] ? sumTo(where(condition, zerosLike(g), g), b.shape) : undefined,
    ]
  },
}

/** a where the condition (bool) holds, else b; all three broadcast. Numbers take the other choice's dtype (float32 if both are numbers). */
export function where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  if (!isTensor(a) && !isTensor(b)) {
    return where(condition, full([], Number(a), { backend: condition.backend }), b)
  }
  const [left, right] = operands('where', a, b)
  return run(whereOperation, [condition, left, right], {})[0]!
}
