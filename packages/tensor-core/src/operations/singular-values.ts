import { shapeError } from '../errors.js'
import { run } from '../run.js'
import { formatShape } from '../shape.js'
import type { Tensor } from '../tensor.js'
import { add, divide, multiply, subtract } from './binary.js'
import { equal, less, where } from './comparison.js'
import { identityMatrix, tensor, zeros, zerosLike } from './creation.js'
import { expectDType } from './define.js'
import { type Fused } from './fused.js'
import { gather, takeAlongAxis } from './indexing.js'
import { matmul } from './matmul.js'
import { argMax, sort, sum } from './reduction.js'
import { broadcastTo, concat, expandDimensions, slice, split, transpose } from './shaping.js'
import { abs, reciprocal, sqrt, square } from './unary.js'

/** Converges quadratically: small matrices need six or seven. */
const sweeps = 10

/** A block of the columns of x […, rows, columns]. */
const columns = (x: Tensor, begin: number, end: number): Tensor =>
  slice(x, [...x.shape.slice(0, -1).map(() => undefined), [begin, end]])
const rows = (x: Tensor, begin: number, end: number): Tensor =>
  slice(x, [...x.shape.slice(0, -2).map(() => undefined), [begin, end]])

/**
 * One-sided Jacobi (Hestenes 1958) in the round-robin order of Brent & Luk 1985: column i of the first half meets column
 * i of the second, then all but the first move on by one place; after n − 1 rounds every pair has met once and all are
 * back. `stacked` is a [m, n] on top of the identity, so that V turns along with U.
 */
function orthogonalized(stacked: Tensor, m: number, n: number): Tensor {
  const half = n / 2
  // places in a circle: first half left to right, second half right to left
  const circle = [...Array(half).keys(), ...Array.from({ length: half }, (_, i) => n - 1 - i)]
  const source = new Int32Array(n)
  circle.forEach((place, k) => {
    source[place] = k === 0 ? place : circle[k === 1 ? n - 1 : k - 1]!
  })
  const order = tensor(source, [n], { backend: stacked.backend })
  let turned = stacked
  for (let round = 0; round < sweeps * (n - 1); round++) {
    const [left, right] = split(turned, 2) as [Tensor, Tensor]
    const [u, w] = [rows(left, 0, m), rows(right, 0, m)]
    const total = (x: Tensor): Tensor => sum(x, -2, { keepDimensions: true })
    const cross = total(multiply(u, w))
    const isDone = equal(cross, 0)
    const zeta = divide(subtract(total(square(w)), total(square(u))), multiply(where(isDone, 1, cross), 2))
    const root = add(abs(zeta), sqrt(add(square(zeta), 1)))
    const tangent = where(isDone, 0, divide(where(less(zeta, 0), -1, 1), root))
    const cosine = reciprocal(sqrt(add(square(tangent), 1)))
    const sine = multiply(cosine, tangent)
    turned = gather(
      concat([
        subtract(multiply(left, cosine), multiply(right, sine)),
        add(multiply(left, sine), multiply(right, cosine)),
      ]),
      order,
      stacked.rank - 1,
    )
  }
  return turned
}

/** For at least as many rows as columns. */
const svdOperation: Fused<'svd'> = {
  name: 'svd',
  infer([a]) {
    const batch = a!.shape.slice(0, -2)
    const n = a!.shape[a!.shape.length - 1]!
    return [a!, { shape: [...batch, n], dtype: 'float32' }, { shape: [...batch, n, n], dtype: 'float32' }]
  },
  compose([a]) {
    const batch = a!.shape.slice(0, -2)
    const [m, n] = a!.shape.slice(-2) as [number, number]
    const place = { backend: a!.backend }
    if (n === 0) return [a!, zeros([...batch, 0], place), zeros([...batch, 0, 0], place)]
    const even = n + (n % 2)
    const wide = even === n ? a! : concat([a!, zeros([...batch, m, 1], place)])
    const identity = broadcastTo(identityMatrix(even, place), [...batch, even, even])
    const turned = columns(orthogonalized(concat([wide, identity], -2), m, even), 0, n)
    const [u, v] = [rows(turned, 0, m), rows(turned, m, m + n)]
    const { values, indices } = sort(sqrt(sum(square(u), -2)), -1, { descending: true })
    const ordered = (x: Tensor): Tensor =>
      takeAlongAxis(x, broadcastTo(expandDimensions(indices, -2), x.shape), x.rank - 1)
    const right = ordered(v)
    const top = takeAlongAxis(right, expandDimensions(argMax(abs(right), -2), -2), right.rank - 2)
    const sign = where(less(top, 0), -1, 1)
    const lengths = expandDimensions(where(equal(values, 0), 1, values), -2)
    return [multiply(divide(ordered(u), lengths), sign), values, multiply(right, sign)]
  },
  /** Townsend 2016, "Differentiating the singular value decomposition". */
  gradient({ gradients, outputs }) {
    const [u, s, v] = outputs as [Tensor, Tensor, Tensor]
    const n = s.shape[s.rank - 1]!
    const identity = identityMatrix(n, { backend: s.backend })
    const [du, ds, dv] = [gradients[0] ?? zerosLike(u), gradients[1] ?? zerosLike(s), gradients[2] ?? zerosLike(v)]
    const across = expandDimensions(s, -2) // the column's singular value
    const down = expandDimensions(s, -1)
    const gaps = subtract(square(across), square(down))
    const f = where(equal(identity, 1), 0, reciprocal(where(equal(gaps, 0), 1, gaps)))
    const skew = (x: Tensor, dx: Tensor): Tensor => {
      const product = matmul(x, dx, { transposeA: true })
      return multiply(f, subtract(product, transpose(product)))
    }
    const inner = add(
      add(multiply(skew(u, du), across), multiply(down, skew(v, dv))),
      multiply(identity, expandDimensions(ds, -2)),
    )
    const outside = divide(subtract(du, matmul(u, matmul(u, du, { transposeA: true }))), across)
    return [matmul(add(matmul(u, inner), outside), v, { transposeB: true })]
  },
}

/**
 * Reduced singular value decomposition a = u·diag(s)·vᵀ of a […, m, n] with k = min(m, n): u […, m, k] and v […, n, k]
 * have orthonormal columns (zeros in u, or v when m < n, where s is 0), s […, k] descends. The entry of largest magnitude
 * in each column of v (u when m < n) is positive. The gradient exists where the singular values differ and are not 0.
 * For small matrices: Jacobi's method. float32, batched.
 */
export function svd(a: Tensor): { u: Tensor; s: Tensor; v: Tensor } {
  expectDType('svd', a, 'float32')
  if (a.rank < 2) throw shapeError('svd', `expected matrices, got shape ${formatShape(a.shape)}`)
  const isWide = a.shape[a.rank - 2]! < a.shape[a.rank - 1]!
  const [u, s, v] = run(svdOperation, [isWide ? transpose(a) : a], {}) as [Tensor, Tensor, Tensor]
  return isWide ? { u: v, s, v: u } : { u, s, v }
}
