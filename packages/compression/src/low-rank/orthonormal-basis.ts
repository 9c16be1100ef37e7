import {
  concat,
  divide,
  equal,
  max,
  multiply,
  orthonormalize,
  randomNormal,
  slice,
  sqrt,
  square,
  subtract,
  sum,
  where,
  type RandomKey,
  type Tensor,
} from '@lemanic/tensor-core'

export type Orthogonalization = 'qr' | 'gram-schmidt'

/**
 * Orthonormal columns that span those of x [groups, n, r], r ≤ n. A column of zeros, which would stay so for ever under
 * a warm start, is drawn anew from `key`: a gradient may be zero today and not tomorrow.
 */
export function orthonormalBasis(x: Tensor, method: Orthogonalization, key: RandomKey): Tensor {
  const filled = refilled(x, key)
  return method === 'qr' ? orthonormalize(filled) : gramSchmidt(filled)
}

function refilled(x: Tensor, key: RandomKey): Tensor {
  const isEmpty = equal(max(square(x), -2, { keepDimensions: true }), 0) // [groups, 1, r]
  if (isEmpty.dataSync().every((value) => value === 0)) return x
  return where(isEmpty, randomNormal(key, x.shape, { backend: x.backend }), x)
}

/** Modified Gram–Schmidt, each column against the normalised ones before it, once. */
function gramSchmidt(x: Tensor): Tensor {
  const rank = x.shape[x.rank - 1]
  const columns: Tensor[] = []
  let rest = x
  for (let i = 0; i < rank; i++) {
    const head = slice(rest, [undefined, undefined, [0, 1]])
    const length = sqrt(sum(square(head), -2, { keepDimensions: true }))
    const unit = divide(head, where(equal(length, 0), 1, length))
    columns.push(unit)
    if (i + 1 === rank) break
    const others = slice(rest, [undefined, undefined, [1, rank - i]])
    rest = subtract(others, multiply(sum(multiply(unit, others), -2, { keepDimensions: true }), unit))
  }
  return concat(columns)
}
