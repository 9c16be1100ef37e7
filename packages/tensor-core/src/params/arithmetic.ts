import { argumentError } from '../errors.js'
import { add, multiply, subtract } from '../operations/binary.js'
import { full } from '../operations/creation.js'
import { sumOfSquares } from '../operations/optimizer-steps.js'
import { sum } from '../operations/reduction.js'
import { sqrt } from '../operations/unary.js'
import { scope } from '../scope.js'
import type { Tensor } from '../tensor.js'
import { mapParams, zipParams, type Params } from './params.js'

/** a + b, name by name. */
export function addParams(a: Params, b: Params): Params {
  return zipParams([a, b], ([x, y]) => add(x, y))
}

/** a − b, name by name. */
export function subtractParams(a: Params, b: Params): Params {
  return zipParams([a, b], ([x, y]) => subtract(x, y))
}

/** factor · a; the factor is a number or a scalar tensor. */
export function scaleParams(params: Params, factor: number | Tensor): Params {
  return mapParams(params, (x) => multiply(x, factor))
}

/** factor · x + y, name by name. */
export function axpyParams(factor: number | Tensor, x: Params, y: Params): Params {
  return zipParams([y, x], ([b, a]) => add(b, multiply(a, factor)))
}

/** (1 − t) · from + t · to; t may lie outside 0 … 1. */
export function interpolateParams(from: Params, to: Params, t: number): Params {
  return zipParams([from, to], ([a, b]) => add(multiply(a, 1 - t), multiply(b, t)))
}

/** Σ over all elements of a · b: a scalar. */
export function dotParams(a: Params, b: Params): Tensor {
  return scope(() => {
    const parts = Object.values(zipParams([a, b], ([x, y]) => sum(multiply(x, y))))
    return parts.length === 0 ? full([], 0) : parts.reduce((total, part) => add(total, part))
  })
}

/** Euclidean norm of all elements together: a scalar. */
export function normParams(params: Params): Tensor {
  return scope(() => sqrt(sumOfSquares(Object.values(params))))
}

/**
 * Weighted mean of several `Params`; weights (default: equal) are finite numbers that do not sum to 0, and are divided
 * by their sum.
 */
export function averageParams(several: readonly Params[], weights: readonly number[] = several.map(() => 1)): Params {
  const [first] = several
  if (first === undefined) throw argumentError('averageParams', 'expected at least one Params, got none')
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (weights.length !== several.length || !Number.isFinite(total) || total === 0) {
    throw argumentError(
      'averageParams',
      `expected ${several.length} finite weights with a sum other than 0, got [${weights.join(', ')}]`,
    )
  }
  return zipParams([first, ...several.slice(1)], (values) =>
    values.map((value, i) => multiply(value, (weights[i] as number) / total)).reduce((sum, part) => add(sum, part)),
  )
}
