import { RandomStream, type HostTensor, type RandomKey } from '@lemanic/tensor-core'
import { argumentError } from '../refuse.js'
import type { Rows } from './rows.js'

/** Rows of bare numbers, in float64. Throws when their lengths differ or there are none. */
export function vectorRows(vectors: readonly ArrayLike<number>[]): Rows {
  const [first] = vectors
  if (first === undefined) throw argumentError('vectorRows', 'expected at least one vector, got none')
  vectors.forEach((vector, i) => {
    if (vector.length === first.length) return
    throw argumentError('vectorRows', `expected vectors of ${first.length} numbers, vector ${i} has ${vector.length}`)
  })
  return new VectorRows(
    vectors.map((vector) => Float64Array.from(vector)),
    first.length,
  )
}

class VectorRows implements Rows {
  readonly #rows: readonly Float64Array[]
  readonly dimension: number

  constructor(rows: readonly Float64Array[], dimension: number) {
    this.#rows = rows
    this.dimension = dimension
  }

  get count(): number {
    return this.#rows.length
  }

  get bytesPerRow(): number {
    return 8 * this.dimension
  }

  get parts(): Readonly<Record<string, number>> {
    return { x: this.dimension }
  }

  select(indices: ArrayLike<number>): Rows {
    return this.#of(Array.from(indices, (index) => this.#at(index)))
  }

  mix(matrix: readonly ArrayLike<number>[]): Rows {
    return this.#of(
      matrix.map((weights) => {
        const sum = new Float64Array(this.dimension)
        this.#rows.forEach((row, i) => {
          const weight = weights[i]!
          if (weight !== 0) for (let k = 0; k < sum.length; k++) sum[k]! += weight * row[k]!
        })
        return sum
      }),
    )
  }

  add(other: Rows, factor = 1): Rows {
    return this.#zip(other, (a, b) => a + factor * b)
  }

  scale(factors: number | ArrayLike<number>): Rows {
    return this.#of(
      this.#rows.map((row, i) => {
        const factor = typeof factors === 'number' ? factors : factors[i]!
        return row.map((value) => value * factor)
      }),
    )
  }

  multiply(other: Rows): Rows {
    return this.#zip(other, (a, b) => a * b)
  }

  sqrt(): Rows {
    return this.#of(this.#rows.map((row) => row.map(Math.sqrt)))
  }

  reciprocal(epsilon: number): Rows {
    return this.#of(this.#rows.map((row) => row.map((value) => 1 / (value + epsilon))))
  }

  concat(others: readonly Rows[]): Rows {
    return this.#of([this, ...others.map((other) => this.#same(other))].flatMap((rows) => rows.#rows))
  }

  squaredDistances(center: Rows): Float64Array {
    const point = this.#same(center).#at(0)
    return Float64Array.from(this.#rows, (row) => squaredDistance(row, point))
  }

  pairwiseSquaredDistances(): Float64Array[] {
    const matrix = this.#rows.map(() => new Float64Array(this.count))
    for (let i = 0; i < this.count; i++) {
      for (let j = 0; j < i; j++) {
        matrix[i]![j] = matrix[j]![i] = squaredDistance(this.#rows[i]!, this.#rows[j]!)
      }
    }
    return matrix
  }

  dot(direction: Rows): Float64Array {
    const other = this.#same(direction).#at(0)
    return Float64Array.from(this.#rows, (row) => row.reduce((sum, value, k) => sum + value * other[k]!, 0))
  }

  sortedMean(skip: number): Rows {
    const column = new Float64Array(this.count)
    const result = new Float64Array(this.dimension)
    for (let k = 0; k < this.dimension; k++) {
      for (let i = 0; i < column.length; i++) column[i] = this.#rows[i]![k]!
      column.sort()
      let sum = 0
      for (let i = skip; i < column.length - skip; i++) sum += column[i]!
      result[k] = sum / (column.length - 2 * skip)
    }
    return this.#of([result])
  }

  zeros(count: number): Rows {
    return this.#of(Array.from({ length: count }, () => new Float64Array(this.dimension)))
  }

  normal(key: RandomKey, count: number): Rows {
    const stream = new RandomStream(key)
    const draw = (): number =>
      Math.sqrt(-2 * Math.log(1 - stream.nextUniform())) * Math.cos(2 * Math.PI * stream.nextUniform())
    return this.#of(Array.from({ length: count }, () => Float64Array.from({ length: this.dimension }, draw)))
  }

  finite(): boolean[] {
    return this.#rows.map((row) => row.every(Number.isFinite))
  }

  toVectors(): Float64Array[] {
    return this.#rows.map((row) => row.slice())
  }

  fromVectors(vectors: readonly ArrayLike<number>[]): Rows {
    return this.#same(vectors.length === 0 ? this.zeros(0) : vectorRows(vectors))
  }

  toHost(): Readonly<Record<string, HostTensor>> {
    const data = new Float64Array(this.count * this.dimension)
    this.#rows.forEach((row, i) => data.set(row, i * this.dimension))
    return { x: { dtype: 'F64', shape: [this.count, this.dimension], data } }
  }

  replaceParts(names: readonly string[], other: Rows): Rows {
    return names.includes('x') ? this.#same(other) : this
  }

  dispose(): void {}

  #of(rows: readonly Float64Array[]): VectorRows {
    return new VectorRows(rows, this.dimension)
  }

  #at(index: number): Float64Array {
    const row = this.#rows[index]
    if (row === undefined) throw argumentError('Rows', `expected a row from 0 to ${this.count - 1}, got ${index}`)
    return row
  }

  #same(other: Rows): VectorRows {
    if (other instanceof VectorRows && other.dimension === this.dimension) return other
    throw argumentError(
      'Rows',
      `expected bare vectors of ${this.dimension} numbers, got ${other instanceof VectorRows ? `${other.dimension} numbers` : 'stacked parameters'}`,
    )
  }

  #zip(other: Rows, f: (a: number, b: number) => number): Rows {
    const rows = this.#same(other)
    if (rows.count !== 1 && rows.count !== this.count)
      throw argumentError('Rows', `expected 1 or ${this.count} rows, got ${rows.count}`)
    return this.#of(
      this.#rows.map((row, i) => {
        const b = rows.#rows[rows.count === 1 ? 0 : i]!
        return row.map((value, k) => f(value, b[k]!))
      }),
    )
  }
}

function squaredDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) {
    const difference = a[k]! - b[k]!
    sum += difference * difference
  }
  return sum
}
