import { DynamicNumber, peekScalar, type Scalar } from '../compile/dynamic-number.js'
import type { DType } from '../dtype.js'
import { argumentError, shapeError } from '../errors.js'
import { recordingDepth } from '../recording.js'
import { run } from '../run.js'
import { unowned } from '../scope.js'
import { broadcastShapes } from '../shape.js'
import type { GradientCall, Operation } from '../tape-node.js'
import { isTensor, type Tensor } from '../tensor.js'
import { equal, greater, lessEqual, where } from './comparison.js'
import { full } from './creation.js'
import { expectDType } from './define.js'
import { sumTo } from './sum-to.js'
import { cast, log, negative, square } from './unary.js'

type None = Record<never, never>

/** A tensor, or a number that is broadcast to the other operand's dtype. */
export type TensorLike = Tensor | Scalar | boolean

/** Both operands as tensors of one backend. */
export function operands(operation: string, a: TensorLike, b: TensorLike): [Tensor, Tensor] {
  if (isTensor(a)) return [a, isTensor(b) ? b : scalarLike(operation, a, b)]
  if (isTensor(b)) return [scalarLike(operation, b, a), b]
  throw argumentError(operation, 'at least one operand must be a tensor')
}

/** Runs an operation on two operands; a scalar made for a number lives no longer than the call, unless the tape has it. */
export function runBinary(operation: Operation<None>, a: TensorLike, b: TensorLike): Tensor {
  if ((isTensor(a) && isTensor(b)) || recordingDepth() > 0)
    return run(operation, operands(operation.name, a, b), {})[0]!
  const inputs = unowned(() => operands(operation.name, a, b))
  try {
    return run(operation, inputs, {})[0]!
  } finally {
    for (const input of inputs) if (input !== a && input !== b) input.dispose()
  }
}

function scalarLike(operation: string, like: Tensor, value: Scalar | boolean): Tensor {
  const now = value instanceof DynamicNumber ? peekScalar(value) : Number(value)
  if (like.dtype === 'int32' && !Number.isInteger(now)) {
    throw argumentError(operation, `${now} is no whole number, but the other operand is int32`, {
      help: "cast it first: cast(x, 'float32')",
    })
  }
  return full([], value instanceof DynamicNumber ? value : now, { dtype: like.dtype, backend: like.backend })
}

type BinaryName = 'add' | 'subtract' | 'multiply' | 'divide' | 'power' | 'maximum' | 'minimum' | 'modulo'

/** Cotangents of a and b before they are summed back over broadcast axes. */
type Rule = (
  g: Tensor,
  a: Tensor,
  b: Tensor,
  needs: readonly boolean[],
) => readonly [(() => Tensor) | undefined, (() => Tensor) | undefined]

function binary(name: BinaryName, allowed: readonly DType[], rule: Rule): Operation<None> {
  return {
    name,
    infer([a, b]) {
      expectDType(name, a!, ...allowed)
      if (a!.dtype !== b!.dtype)
        throw shapeError(name, `the operands are ${a!.dtype} and ${b!.dtype}; cast one of them`)
      return [{ shape: broadcastShapes(name, a!.shape, b!.shape), dtype: a!.dtype }]
    },
    gradient({ gradients, inputs, needs }: GradientCall<None>) {
      const [a, b] = inputs as [Tensor, Tensor]
      const parts = rule(gradients[0]!, a, b, needs)
      return inputs.map((input, i) => (needs[i] ? sumTo(parts[i]!(), input.shape) : undefined))
    },
  }
}

const numeric = ['float32', 'int32'] as const
const real = ['float32'] as const

const addOperation = binary('add', numeric, (g) => [() => g, () => g])
const subtractOperation = binary('subtract', numeric, (g) => [() => g, () => negative(g)])
const multiplyOperation = binary('multiply', numeric, (g, a, b) => [() => multiply(g, b), () => multiply(g, a)])
const divideOperation = binary('divide', numeric, (g, a, b) => [
  () => divide(g, b),
  () => negative(divide(multiply(g, a), square(b))),
])
const powerOperation = binary('power', real, (g, a, b) => [
  () => multiply(g, where(equal(b, 0), 0, multiply(b, power(a, subtract(b, 1))))),
  () => multiply(g, where(lessEqual(a, 0), 0, multiply(power(a, b), log(where(lessEqual(a, 0), 1, a))))),
])
const modulo_ = binary('modulo', real, (g, a, b) => [() => g, () => negative(multiply(g, floorOfQuotient(a, b)))])

function floorOfQuotient(a: Tensor, b: Tensor): Tensor {
  return divide(subtract(a, modulo(a, b)), b)
}

/** Half of the cotangent to each operand where they are equal, as PyTorch does. */
function shareOfFirst(a: Tensor, b: Tensor): Tensor {
  return where(equal(a, b), 0.5, cast(greater(a, b), 'float32'))
}
const maximumOperation = binary('maximum', numeric, (g, a, b) => [
  () => multiply(g, shareOfFirst(a, b)),
  () => multiply(g, shareOfFirst(b, a)),
])
const minimumOperation = binary('minimum', numeric, (g, a, b) => [
  () => multiply(g, shareOfFirst(b, a)),
  () => multiply(g, shareOfFirst(a, b)),
])

/** a + b, broadcast. float32 or int32. */
export function add(a: TensorLike, b: TensorLike): Tensor {
  return runBinary(addOperation, a, b)
}

/** a − b, broadcast. float32 or int32. */
export function subtract(a: TensorLike, b: TensorLike): Tensor {
  return runBinary(subtractOperation, a, b)
}

/** a · b element-wise, broadcast. float32 or int32. */
export function multiply(a: TensorLike, b: TensorLike): Tensor {
  return runBinary(multiplyOperation, a, b)
}

/** a / b, broadcast; int32 truncates towards zero. */
export function divide(a: TensorLike, b: TensorLike): Tensor {
  return runBinary(divideOperation, a, b)
}

/** a to the power of b, broadcast, float32. The derivative with respect to b is taken as 0 where a ≤ 0. */
export function power(a: TensorLike, b: TensorLike): Tensor {
  return runBinary(powerOperation, a, b)
}

/** The larger of a and b; NaN propagates; equal operands share the gradient. */
export function maximum(a: TensorLike, b: TensorLike): Tensor {
  return runBinary(maximumOperation, a, b)
}

/** The smaller of a and b; NaN propagates; equal operands share the gradient. */
export function minimum(a: TensorLike, b: TensorLike): Tensor {
  return runBinary(minimumOperation, a, b)
}

/** Remainder with the sign of b (Python's %), float32. */
export function modulo(a: TensorLike, b: TensorLike): Tensor {
  return runBinary(modulo_, a, b)
}
