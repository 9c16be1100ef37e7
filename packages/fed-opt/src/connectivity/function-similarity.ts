import { matmul, scope, softmax, subtract, mean, abs, sumOfSquares, type Tensor } from '@lemanic/tensor-core'
import { argumentError, checkNumber } from '../refuse.js'

export interface FunctionSimilarity {
  /** Share of examples for which both predict the same class. */
  readonly agreement: number
  /** Share of class probabilities that differ by less than the tolerance. */
  readonly closeProbabilities: number
  /** Linear CKA of the logits, 0 … 1. */
  readonly cka: number
}

/**
 * How alike two classifiers are as functions, from their logits [examples, classes] on the same examples.
 *
 * The first two are the paper's (its code compares probabilities to within 1e-4, the default of `tolerance`).
 */
export function functionSimilarity(
  a: Tensor,
  b: Tensor,
  { tolerance = 1e-4 }: { readonly tolerance?: number } = {},
): FunctionSimilarity {
  checkNumber('functionSimilarity', 'tolerance', tolerance, (x) => x > 0, 'a number > 0')
  checkExamples('functionSimilarity', a, b)
  if (a.shape[1] !== b.shape[1])
    throw argumentError('functionSimilarity', `expected as many classes, got ${a.shape[1]} and ${b.shape[1]}`)
  const [examples, classes] = a.shape as [number, number]
  const [x, y] = [a.dataSync(), b.dataSync()]
  const best = (values: ArrayLike<number>, row: number): number => {
    let at = 0
    for (let k = 1; k < classes; k++) if (values[row * classes + k]! > values[row * classes + at]!) at = k
    return at
  }
  let same = 0
  for (let row = 0; row < examples; row++) if (best(x as Float32Array, row) === best(y as Float32Array, row)) same++
  const differences = scope(() => abs(subtract(softmax(a), softmax(b))).dataSync())
  let close = 0
  for (const difference of differences as Float32Array) if (difference < tolerance) close++
  return { agreement: same / examples, closeProbabilities: close / differences.length, cka: linearCka(a, b) }
}

/**
 * Linear centred kernel alignment of two representations [examples, features] of the same examples:
 * ‖XᵀY‖² / (‖XᵀX‖ ‖YᵀY‖) with centred columns and Frobenius norms; 1 for representations that are equal up to rotation,
 * scale and shift. NaN where one of them is constant.
 *
 * Kornblith, Norouzi, Lee, Hinton, 2019 (arXiv 1905.00414), section 3.
 */
export function linearCka(a: Tensor, b: Tensor): number {
  checkExamples('linearCka', a, b)
  return scope(() => {
    const [x, y] = [a, b].map((values) => subtract(values, mean(values, 0, { keepDimensions: true }))) as [
      Tensor,
      Tensor,
    ]
    const square = (left: Tensor, right: Tensor): number =>
      sumOfSquares([matmul(left, right, { transposeA: true })]).item()
    return square(x, y) / Math.sqrt(square(x, x) * square(y, y))
  })
}

function checkExamples(where: string, a: Tensor, b: Tensor): void {
  if (a.rank === 2 && b.rank === 2 && a.shape[0] === b.shape[0] && a.size > 0) return
  throw argumentError(
    where,
    `expected two matrices [examples, …] of the same examples, got [${a.shape.join(', ')}] and [${b.shape.join(', ')}]`,
  )
}
