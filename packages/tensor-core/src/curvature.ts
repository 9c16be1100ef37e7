import { argumentError } from './errors.js'
import { grad, vjp, type LossResult } from './gradients.js'
import { divide, multiply } from './operations/binary.js'
import { randomNormal } from './operations/creation.js'
import { sumOfSquares } from './operations/optimizer-steps.js'
import { sum } from './operations/reduction.js'
import type { RandomKey } from './random/key.js'
import { scope } from './scope.js'
import { leavesOf, rebuild, type Tree } from './tree.js'

/**
 * Hessian–vector product of a scalar function at `input` in `direction` (same form), without forming the Hessian
 * (Pearlmutter 1994): the pullback of the gradient.
 */
export function hessianVectorProduct<In extends Tree, Rest extends readonly unknown[]>(
  f: (input: In, ...rest: Rest) => LossResult<unknown>,
  input: In,
  direction: In,
  ...rest: Rest
): In {
  return scope(() => vjp((point: In) => grad(f)(point, ...rest), input).pullback(direction))
}

export interface MaxEigenvalueOptions {
  /** Decides the starting direction. */
  readonly key: RandomKey
  /** Most Hessian–vector products to spend. Default 100. */
  readonly maximumIterations?: number
  /** Stop when the estimate moves by less than this, relatively. Default 1e-4. */
  readonly tolerance?: number
}

export interface MaxEigenvalue {
  /** Eigenvalue of largest magnitude, with its sign: the sharpness at a minimum. */
  readonly value: number
  readonly iterations: number
  readonly converged: boolean
}

/**
 * The Hessian's eigenvalue of largest magnitude by power iteration on Hessian–vector products; the Rayleigh
 * quotient gives value and sign.
 */
export function maxEigenvalue<In extends Tree, Rest extends readonly unknown[]>(
  f: (input: In, ...rest: Rest) => LossResult<unknown>,
  input: In,
  { key, maximumIterations = 100, tolerance = 1e-4 }: MaxEigenvalueOptions,
  ...rest: Rest
): MaxEigenvalue {
  if (!Number.isInteger(maximumIterations) || maximumIterations < 1) {
    throw argumentError('maxEigenvalue', `maximumIterations must be a whole number ≥ 1, got ${maximumIterations}`)
  }
  const leaves = leavesOf(input, 'maxEigenvalue')
  const unit = (tree: In): In =>
    scope(() => {
      const parts = leavesOf(tree, 'maxEigenvalue')
      const length = Math.sqrt(sumOfSquares(parts).item())
      return rebuild(
        tree,
        parts.map((part) => (length === 0 ? multiply(part, 1) : divide(part, length))),
      )
    })
  return scope(() => {
    let direction = unit(
      rebuild(
        input,
        leaves.map((leaf, i) => randomNormal(key.foldIn(i), leaf.shape, { backend: leaf.backend })),
      ),
    )
    let value = NaN
    for (let iteration = 1; iteration <= maximumIterations; iteration++) {
      const step = scope(() => {
        const product = hessianVectorProduct(f, input, direction, ...rest)
        const others = leavesOf(product, 'maxEigenvalue')
        const quotient = leavesOf(direction, 'maxEigenvalue').reduce(
          (total, part, i) => total + sum(multiply(part, others[i]!)).item(),
          0,
        )
        return { quotient, next: unit(product) }
      })
      const isSettled = Math.abs(step.quotient - value) <= tolerance * Math.abs(step.quotient)
      value = step.quotient
      direction = step.next
      if (isSettled || value === 0) return { value, iterations: iteration, converged: true }
    }
    return { value, iterations: maximumIterations, converged: false }
  })
}
