import type { HostTensor, RandomKey } from '@lemanic/tensor-core'

/**
 * Several vectors of one space, one a row: what clients send, or the models they hold. The same operations exist for
 * bare numbers (`vectorRows`, float64) and for stacked parameters (`paramsRows`, float32 on a backend), so that an
 * aggregator, an attack or an algorithm is written once for both. Immutable; results of tensor rows belong to the
 * scope they are made in.
 */
export interface Rows {
  /** Number of rows. */
  readonly count: number
  /** Numbers in a row. */
  readonly dimension: number
  /** Bytes that one row takes on the wire. */
  readonly bytesPerRow: number
  /** The rows with these indices, in this order; an index may occur more than once. */
  select(indices: ArrayLike<number>): Rows
  /**
   * Row r of the result is Σᵢ matrix[r][i] · row i. Rows whose weight is 0 everywhere are not touched, so that what an
   * attacker sends in them (infinities included) leaves no trace.
   */
  mix(matrix: readonly ArrayLike<number>[]): Rows
  /** this + factor · other, row by row; `other` has as many rows or one. Default factor 1. */
  add(other: Rows, factor?: number): Rows
  /** Row i times factors[i], or all times one number. */
  scale(factors: number | ArrayLike<number>): Rows
  /** Product of corresponding elements; `other` has as many rows or one. */
  multiply(other: Rows): Rows
  /** The square root of every element. */
  sqrt(): Rows
  /** 1 / (element + epsilon). */
  reciprocal(epsilon: number): Rows
  /** These rows with others below them. */
  concat(others: readonly Rows[]): Rows
  /** Squared Euclidean distance of every row to `center`, which has one row. */
  squaredDistances(center: Rows): Float64Array
  /** Squared distances between all rows, [count][count]. */
  pairwiseSquaredDistances(): Float64Array[]
  /** Inner product of every row with `direction`, which has one row. */
  dot(direction: Rows): Float64Array
  /** Coordinate by coordinate, the mean of the sorted values without the `skip` smallest and `skip` largest: one row. */
  sortedMean(skip: number): Rows
  /** Zeros of the same space. */
  zeros(count: number): Rows
  /** Independent standard normal numbers. */
  normal(key: RandomKey, count: number): Rows
  /** Which rows hold finite numbers only. */
  finite(): boolean[]
  /** Copies of the rows; those of parameters are flattened in the order of names. */
  toVectors(): Float64Array[]
  /** Rows of the same space from vectors such as `toVectors` gives. */
  fromVectors(vectors: readonly ArrayLike<number>[]): Rows
  /** Everything, as a checkpoint holds it: bit for bit. `rowsFromHost` is the inverse. */
  toHost(): Readonly<Record<string, HostTensor>>
  /** Names of the parts that make up a row (parameters), with the numbers in each; bare vectors have one, `x`. */
  readonly parts: Readonly<Record<string, number>>
  /** These rows, with the named parts taken from `other`. */
  replaceParts(names: readonly string[], other: Rows): Rows
  /** Gives the memory back. */
  dispose(): void
}

/** A matrix with one row: equal weights. */
export function equalWeights(count: number): Float64Array {
  return new Float64Array(count).fill(1 / count)
}

/** The mean of all rows, weighted (weights are divided by their sum) or plain: one row. */
export function meanRow(rows: Rows, weights?: ArrayLike<number>): Rows {
  return rows.mix([weights === undefined ? equalWeights(rows.count) : normalized(weights)])
}

/** Weights over their sum. */
export function normalized(weights: ArrayLike<number>): Float64Array {
  let total = 0
  for (let i = 0; i < weights.length; i++) total += weights[i]!
  const shares = new Float64Array(weights.length)
  for (let i = 0; i < shares.length; i++) shares[i] = weights[i]! / total
  return shares
}

/** One row out of several. */
export function rowAt(rows: Rows, index: number): Rows {
  return rows.select([index])
}

/** 0 … count − 1. */
export function indicesTo(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i)
}
