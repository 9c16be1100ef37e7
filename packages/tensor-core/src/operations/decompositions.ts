import type { Spec } from '../backend.js'
import { shapeError } from '../errors.js'
import { run } from '../run.js'
import { formatShape } from '../shape.js'
import type { Tensor } from '../tensor.js'
import { add, divide, multiply, subtract } from './binary.js'
import { equal, greaterEqual, where } from './comparison.js'
import { identityMatrix, range, zerosLike } from './creation.js'
import { expectDType } from './define.js'
import { type Fused } from './fused.js'
import { matmul } from './matmul.js'
import { sum } from './reduction.js'
import { concat, reshape, slice, transpose } from './shaping.js'
import { cast, negative, sqrt } from './unary.js'

// Leading axes are batch axes everywhere; the compositions go column by column, as the textbooks do.

function matrixSize(operation: string, x: Spec): [rows: number, columns: number] {
  expectDType(operation, x, 'float32')
  if (x.shape.length < 2) throw shapeError(operation, `expected matrices, got shape ${formatShape(x.shape)}`)
  return [x.shape[x.shape.length - 2]!, x.shape[x.shape.length - 1]!]
}
function squareSize(operation: string, x: Spec): number {
  const [rows, columns] = matrixSize(operation, x)
  if (rows !== columns) throw shapeError(operation, `expected square matrices, got shape ${formatShape(x.shape)}`)
  return rows
}

type Bounds = readonly [number, number]
/** A block of the last two axes. */
const block = (x: Tensor, rows: Bounds, columns: Bounds): Tensor =>
  slice(x, [...x.shape.slice(0, -2).map(() => undefined), rows, columns])
const column = (x: Tensor, j: number): Tensor => block(x, [0, x.shape[x.rank - 2]!], [j, j + 1]) // […, rows, 1]
const batchOf = (x: Spec): readonly number[] => x.shape.slice(0, -2)

/** 1 where column − row ≥ offset, else 0: [n, n]. */
function upperMask(n: number, offset: number, like: Tensor): Tensor {
  const positions = range(n, { backend: like.backend })
  const isAbove = greaterEqual(subtract(reshape(positions, [1, n]), reshape(positions, [n, 1])), offset)
  return cast(isAbove, 'float32')
}
const lowerPart = (x: Tensor): Tensor => multiply(x, transpose(upperMask(x.shape[x.rank - 1]!, 0, x)))
const upperPart = (x: Tensor): Tensor => multiply(x, upperMask(x.shape[x.rank - 1]!, 0, x))

const choleskyOperation: Fused<'cholesky'> = {
  name: 'cholesky',
  infer([a]) {
    squareSize('cholesky', a!)
    return [a!]
  },
  /** Column j of L is that of A less the columns before, over the root of its diagonal. */
  compose([a]) {
    const n = a!.shape[a!.rank - 1]!
    const columns: Tensor[] = []
    for (let j = 0; j < n; j++) {
      let rest = block(a!, [j, n], [j, j + 1])
      for (const before of columns) {
        rest = subtract(rest, multiply(block(before, [j, n], [0, 1]), block(before, [j, j + 1], [0, 1])))
      }
      const scaled = divide(rest, sqrt(block(rest, [0, 1], [0, 1])))
      const above = block(zerosLike(a!), [0, j], [0, 1])
      columns.push(j === 0 ? scaled : concat([above, scaled], -2))
    }
    return [n === 0 ? a! : concat(columns)]
  },
  /** Murray 2016, "Differentiation of the Cholesky decomposition", eq. 10: L⁻ᵀ Φ(Lᵀ L̄) L⁻¹, made symmetric. */
  gradient({ gradients, outputs }) {
    const l = outputs[0]!
    const inner = matmul(l, lowerPart(gradients[0]!), { transposeA: true })
    const phi = multiply(lowerPart(inner), halvedDiagonal(l))
    const left = triangularSolve(l, add(phi, transpose(phi)), { transpose: true })
    const both = transpose(triangularSolve(l, transpose(left), { transpose: true }))
    return [multiply(both, 0.5)]
  },
}

/** 1 off the diagonal and ½ on it: [n, n]. */
function halvedDiagonal(like: Tensor): Tensor {
  const n = like.shape[like.rank - 1]!
  return subtract(1, multiply(identityMatrix(n, { backend: like.backend }), 0.5))
}

/**
 * Cholesky factor: the lower triangular L with L·Lᵀ = a, for symmetric positive definite a […, n, n] (its lower triangle
 * is read). NaN where a is not positive definite. The gradient is symmetric. float32, batched.
 */
export function cholesky(a: Tensor): Tensor {
  return run(choleskyOperation, [a], {})[0]!
}

export interface TriangularSolveOptions {
  /** a's lower triangle is read; false: its upper. Default true. */
  readonly lower?: boolean
  /** Solve with aᵀ. Default false. */
  readonly transpose?: boolean
}

const triangularSolveOperation: Fused<'triangularSolve'> = {
  name: 'triangularSolve',
  infer([a, b]) {
    const n = squareSize('triangularSolve', a!)
    const [rows] = matrixSize('triangularSolve', b!)
    const fits = rows === n && batchOf(a!).join() === batchOf(b!).join()
    if (!fits) {
      throw shapeError(
        'triangularSolve',
        `b ${formatShape(b!.shape)} does not fit a ${formatShape(a!.shape)}: expected the same batch and ${n} rows`,
      )
    }
    return [b!]
  },
  /** Substitution, row by row from the row that stands alone. */
  compose([a, b], { lower, transpose: isTransposed }) {
    const n = a!.shape[a!.rank - 1]!
    const width = b!.shape[b!.rank - 1]!
    if (n === 0) return [b!]
    const matrix = isTransposed ? transpose(a!) : a!
    const isForward = lower !== isTransposed
    const solved = new Map<number, Tensor>()
    for (let step = 0; step < n; step++) {
      const i = isForward ? step : n - 1 - step
      let rest = block(b!, [i, i + 1], [0, width])
      for (const [k, row] of solved) rest = subtract(rest, multiply(block(matrix, [i, i + 1], [k, k + 1]), row))
      solved.set(i, divide(rest, block(matrix, [i, i + 1], [i, i + 1])))
    }
    return [
      concat(
        Array.from({ length: n }, (_, i) => solved.get(i)!),
        -2,
      ),
    ]
  },
  /** b̄ = A⁻ᵀ x̄, Ā = −b̄ xᵀ on the triangle. */
  gradient({ gradients, inputs, outputs, attributes }) {
    const { lower, transpose: isTransposed } = attributes
    const db = triangularSolve(inputs[0]!, gradients[0]!, { lower, transpose: !isTransposed })
    const [left, right] = isTransposed ? [outputs[0]!, db] : [db, outputs[0]!]
    const full = negative(matmul(left, right, { transposeB: true }))
    return [lower ? lowerPart(full) : upperPart(full), db]
  },
}

/**
 * x with a·x = b for triangular a […, n, n] and b […, n, m] of the same batch; the other triangle is not read.
 * Zeros on the diagonal give infinities, as division does. float32, batched, differentiable in both.
 */
export function triangularSolve(
  a: Tensor,
  b: Tensor,
  { lower = true, transpose: isTransposed = false }: TriangularSolveOptions = {},
): Tensor {
  return run(triangularSolveOperation, [a, b], { lower, transpose: isTransposed })[0]!
}

const qrOperation: Fused<'qr'> = {
  name: 'qr',
  infer([a]) {
    const [rows, columns] = matrixSize('qr', a!)
    const rank = Math.min(rows, columns)
    return [
      { shape: [...batchOf(a!), rows, rank], dtype: 'float32' },
      { shape: [...batchOf(a!), rank, columns], dtype: 'float32' },
    ]
  },
  /** Gram–Schmidt on the columns, twice over ("twice is enough", Giraud et al. 2005), so that Q is orthogonal to rounding. */
  compose([a]) {
    const [rows, columns] = matrixSize('qr', a!)
    const rank = Math.min(rows, columns)
    if (rank === 0) return [block(a!, [0, rows], [0, rank]), block(a!, [0, rank], [0, columns])]
    let q: Tensor | undefined
    for (let j = 0; j < rank; j++) {
      let v = column(a!, j)
      for (let pass = 0; q !== undefined && pass < 2; pass++)
        v = subtract(v, matmul(q, matmul(q, v, { transposeA: true })))
      const length = sqrt(sum(multiply(v, v), -2, { keepDimensions: true }))
      const unit = divide(v, where(equal(length, 0), 1, length))
      q = q === undefined ? unit : concat([q, unit])
    }
    const r = matmul(q!, a!, { transposeA: true })
    const square = upperPart(block(r, [0, rank], [0, rank]))
    return [q!, columns === rank ? square : concat([square, block(r, [0, rank], [rank, columns])])]
  },
  /** Walter & Lehmann 2012 / Roberts & Roberts 2020: Ā = [Q̄ + Q·sym(M)] R⁻ᵀ, M = R R̄ᵀ − Q̄ᵀ Q, sym from its lower part. */
  gradient({ gradients, inputs, outputs }) {
    const [q, r] = outputs as [Tensor, Tensor]
    const [rows, columns] = matrixSize('qr', inputs[0]!)
    if (columns > rows) {
      throw shapeError(
        'qr',
        `has no gradient for more columns than rows, got ${formatShape(inputs[0]!.shape)}; take qr of the transpose or of the first ${rows} columns`,
      )
    }
    const dq = gradients[0] ?? zerosLike(q)
    const dr = gradients[1] === undefined ? zerosLike(r) : upperPart(gradients[1])
    const m = subtract(matmul(r, dr, { transposeB: true }), matmul(dq, q, { transposeA: true }))
    const low = lowerPart(m)
    const strict = multiply(low, subtract(1, identityMatrix(columns, { backend: q.backend })))
    const right = add(dq, matmul(q, add(low, transpose(strict))))
    // X R⁻ᵀ = (R⁻¹ Xᵀ)ᵀ
    return [transpose(triangularSolve(r, transpose(right), { lower: false }))]
  },
}

/**
 * Reduced QR decomposition a = q·r of a […, m, n] with k = min(m, n): q […, m, k] has orthonormal columns, r […, k, n] is
 * upper triangular with a diagonal ≥ 0, which makes it unique for full rank. Differentiable for m ≥ n. float32, batched.
 */
export function qr(a: Tensor): { q: Tensor; r: Tensor } {
  const [q, r] = run(qrOperation, [a], {})
  return { q: q!, r: r! }
}

/** Orthonormal columns that span those of a […, m, n], m ≥ n: the q of `qr`, Gram–Schmidt's result. float32, batched. */
export function orthonormalize(a: Tensor): Tensor {
  const [rows, columns] = matrixSize('orthonormalize', a)
  if (columns > rows) {
    throw shapeError(
      'orthonormalize',
      `${columns} columns of length ${rows} cannot be orthogonal, got shape ${formatShape(a.shape)}`,
    )
  }
  return qr(a).q
}

/**
 * One or more steps of block power iteration (PowerSGD, Vogels et al. 2019): p = orthonormalize(a·q), q = aᵀ·p, so that
 * p·qᵀ approaches the best approximation of a […, m, n] of rank k. q […, n, k] is where to start. float32, batched.
 */
export function powerIteration(a: Tensor, q: Tensor, steps = 1): { p: Tensor; q: Tensor } {
  let p = orthonormalize(matmul(a, q))
  let right = matmul(a, p, { transposeA: true })
  for (let step = 1; step < steps; step++) {
    p = orthonormalize(matmul(a, orthonormalize(right)))
    right = matmul(a, p, { transposeA: true })
  }
  return { p, q: right }
}
