import { shapeError } from '../errors.js'
import { run } from '../run.js'
import { broadcastShapes, formatShape } from '../shape.js'
import type { Tensor } from '../tensor.js'
import { type Primitive, expectDType } from './define.js'
import { reshape } from './shaping.js'
import { sumTo } from './sum-to.js'

const matmulOperation: Primitive<'matmul'> = {
  name: 'matmul',
  infer([a, b], { transposeA, transposeB }) {
    expectDType('matmul', a!, 'float32', 'bfloat16', 'float16')
    expectDType('matmul', b!, 'float32', 'bfloat16', 'float16')
    if (a!.shape.length < 2 || b!.shape.length < 2) {
      throw shapeError('matmul', `expected matrices, got ${formatShape(a!.shape)} and ${formatShape(b!.shape)}`)
    }
    const [rows, inner] = lastTwo(a!.shape, transposeA)
    const [innerOfB, columns] = lastTwo(b!.shape, transposeB)
    if (inner !== innerOfB) {
      const as = (shape: readonly number[], flag: boolean): string => formatShape(shape) + (flag ? 'ᵀ' : '')
      throw shapeError('matmul', `inner lengths differ: ${as(a!.shape, transposeA)} · ${as(b!.shape, transposeB)}`, {
        a: a!.shape,
        b: b!.shape,
      })
    }
    const batch = broadcastShapes('matmul', a!.shape.slice(0, -2), b!.shape.slice(0, -2))
    return [{ shape: [...batch, rows, columns], dtype: 'float32' }]
  },
  gradient({ gradients, inputs, attributes: { transposeA, transposeB }, needs }) {
    const [a, b] = inputs as [Tensor, Tensor]
    const g = gradients[0]!
    const gradientA = (): Tensor =>
      transposeA
        ? matmul(b, g, { transposeA: transposeB, transposeB: true })
        : matmul(g, b, { transposeB: !transposeB })
    const gradientB = (): Tensor =>
      transposeB
        ? matmul(g, a, { transposeA: true, transposeB: transposeA })
        : matmul(a, g, { transposeA: !transposeA })
    return [needs[0] ? sumTo(gradientA(), a.shape) : undefined, needs[1] ? sumTo(gradientB(), b.shape) : undefined]
  },
}

function lastTwo(shape: readonly number[], isTransposed: boolean): [number, number] {
  const rows = shape[shape.length - 2]!
  const columns = shape[shape.length - 1]!
  return isTransposed ? [columns, rows] : [rows, columns]
}

export interface MatmulOptions {
  /** Use the transpose of the last two axes of a. Default false. */
  readonly transposeA?: boolean
  readonly transposeB?: boolean
}

/**
 * Matrix product of the last two axes; leading axes are batch axes and broadcast. A vector on the left is a row, on
 * the right a column, and its axis goes. float32; either side may be stored in 16 bits.
 */
export function matmul(a: Tensor, b: Tensor, { transposeA = false, transposeB = false }: MatmulOptions = {}): Tensor {
  if (a.rank === 1 && b.rank >= 1) {
    const product = matmul(reshape(a, [1, a.size]), b, { transposeB })
    return product.rank === 1
      ? reshape(product, [])
      : reshape(product, [...product.shape.slice(0, -2), product.shape[product.rank - 1]!])
  }
  if (b.rank === 1) {
    const product = matmul(a, reshape(b, [b.size, 1]), { transposeA })
    return reshape(product, product.shape.slice(0, -1))
  }
  return run(matmulOperation, [a, b], { transposeA, transposeB })[0]!
}
