import { RandomStream, type HostTensor, type RandomKey } from '@lemanic/tensor-core'
import { argumentError } from '../refuse.js'
import type { Rows } from './rows.js'

/** Rows of bare numbers, in float64. Throws when their lengths differ or there are none. */
export function vectorRows(vectors: readonly ArrayLike<number>[]): Rows {
  const [first] = vectors
  if (first === undefined) throw argumentError('vectorRows', 'expected at least one vector, got none')
  const dimension = first.length
  const data = new Float64Array(vectors.length * dimension)
  for (let i = 0; i < vectors.length; i++) {
    const vector = vectors[i]!
    if (vector.length !== dimension)
      throw argumentError('vectorRows', `expected vectors of ${dimension} numbers, vector ${i} has ${vector.length}`)
    for (let k = 0; k < dimension; k++) data[i * dimension + k] = vector[k]!
  }
  return new VectorRows(data, vectors.length, dimension)
}

/** All rows lie one after the other in one array: an array for each short row would cost more than what it holds. */
class VectorRows implements Rows {
  readonly #data: Float64Array
  readonly count: number
  readonly dimension: number

  constructor(data: Float64Array, count: number, dimension: number) {
    this.#data = data
    this.count = count
    this.dimension = dimension
  }

  get bytesPerRow(): number {
    return 8 * this.dimension
  }

  get parts(): Readonly<Record<string, number>> {
    return { x: this.dimension }
  }

  select(indices: ArrayLike<number>): Rows {
    const { dimension } = this
    const data = new Float64Array(indices.length * dimension)
    for (let i = 0; i < indices.length; i++) {
      const from = this.#start(indices[i]!)
      for (let k = 0; k < dimension; k++) data[i * dimension + k] = this.#data[from + k]!
    }
    return this.#of(data)
  }

  mix(matrix: readonly ArrayLike<number>[]): Rows {
    const { dimension, count } = this
    const data = new Float64Array(matrix.length * dimension)
    matrix.forEach((weights, to) => {
      for (let i = 0; i < count; i++) {
        const weight = weights[i]!
        if (weight === 0) continue
        for (let k = 0; k < dimension; k++) data[to * dimension + k]! += weight * this.#data[i * dimension + k]!
      }
    })
    return this.#of(data)
  }

  add(other: Rows, factor = 1): Rows {
    return this.#zip(other, (a, b) => a + factor * b)
  }

  scale(factors: number | ArrayLike<number>): Rows {
    const { dimension } = this
    return this.#of(
      this.#data.map(
        (value, at) => value * (typeof factors === 'number' ? factors : factors[Math.floor(at / dimension)]!),
      ),
    )
  }

  multiply(other: Rows): Rows {
    return this.#zip(other, (a, b) => a * b)
  }

  sqrt(): Rows {
    return this.#of(this.#data.map(Math.sqrt))
  }

  reciprocal(epsilon: number): Rows {
    return this.#of(this.#data.map((value) => 1 / (value + epsilon)))
  }

  concat(others: readonly Rows[]): Rows {
    const all = [this, ...others.map((other) => this.#same(other))]
    const data = new Float64Array(all.reduce((total, { count }) => total + count, 0) * this.dimension)
    let start = 0
    for (const rows of all) {
      data.set(rows.#data, start)
      start += rows.#data.length
    }
    return this.#of(data)
  }

  squaredDistances(center: Rows): Float64Array {
    const other = this.#same(center)
    other.#start(0)
    const distances = new Float64Array(this.count)
    for (let i = 0; i < distances.length; i++) distances[i] = this.#squaredDistance(i, other, 0)
    return distances
  }

  pairwiseSquaredDistances(): Float64Array[] {
    const matrix = Array.from({ length: this.count }, () => new Float64Array(this.count))
    for (let i = 0; i < this.count; i++) {
      for (let j = 0; j < i; j++) matrix[i]![j] = matrix[j]![i] = this.#squaredDistance(i, this, j)
    }
    return matrix
  }

  dot(direction: Rows): Float64Array {
    const { dimension } = this
    const other = this.#same(direction)
    other.#start(0)
    const products = new Float64Array(this.count)
    for (let i = 0; i < products.length; i++) {
      let sum = 0
      for (let k = 0; k < dimension; k++) sum += this.#data[i * dimension + k]! * other.#data[k]!
      products[i] = sum
    }
    return products
  }

  sortedMean(skip: number): Rows {
    const { dimension } = this
    const column = new Float64Array(this.count)
    const result = new Float64Array(dimension)
    for (let k = 0; k < dimension; k++) {
      for (let i = 0; i < column.length; i++) column[i] = this.#data[i * dimension + k]!
      column.sort()
      let sum = 0
      for (let i = skip; i < column.length - skip; i++) sum += column[i]!
      result[k] = sum / (column.length - 2 * skip)
    }
    return this.#of(result)
  }

  zeros(count: number): Rows {
    return new VectorRows(new Float64Array(count * this.dimension), count, this.dimension)
  }

  normal(key: RandomKey, count: number): Rows {
    const stream = new RandomStream(key)
    const draw = (): number =>
      Math.sqrt(-2 * Math.log(1 - stream.nextUniform())) * Math.cos(2 * Math.PI * stream.nextUniform())
    return new VectorRows(new Float64Array(count * this.dimension).map(draw), count, this.dimension)
  }

  finite(): boolean[] {
    const { dimension } = this
    return Array.from({ length: this.count }, (_, i) => {
      for (let k = 0; k < dimension; k++) if (!Number.isFinite(this.#data[i * dimension + k]!)) return false
      return true
    })
  }

  toVectors(): Float64Array[] {
    return Array.from({ length: this.count }, (_, i) => this.#data.slice(i * this.dimension, (i + 1) * this.dimension))
  }

  fromVectors(vectors: readonly ArrayLike<number>[]): Rows {
    return this.#same(vectors.length === 0 ? this.zeros(0) : vectorRows(vectors))
  }

  toHost(): Readonly<Record<string, HostTensor>> {
    return { x: { dtype: 'F64', shape: [this.count, this.dimension], data: this.#data.slice() } }
  }

  replaceParts(names: readonly string[], other: Rows): Rows {
    return names.includes('x') ? this.#same(other) : this
  }

  dispose(): void {}

  #of(data: Float64Array): VectorRows {
    return new VectorRows(data, data.length / this.dimension, this.dimension)
  }

  /** Where a row begins; throws for one that is not there. */
  #start(index: number): number {
    if (index >= 0 && index < this.count) return index * this.dimension
    throw argumentError('Rows', `expected a row from 0 to ${this.count - 1}, got ${index}`)
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
    const { dimension } = this
    if (rows.count !== 1 && rows.count !== this.count)
      throw argumentError('Rows', `expected 1 or ${this.count} rows, got ${rows.count}`)
    return this.#of(this.#data.map((value, at) => f(value, rows.#data[rows.count === 1 ? at % dimension : at]!)))
  }

  #squaredDistance(row: number, other: VectorRows, otherRow: number): number {
    const { dimension } = this
    const [a, b] = [row * dimension, otherRow * dimension]
    let sum = 0
    for (let k = 0; k < dimension; k++) {
      const difference = this.#data[a + k]! - other.#data[b + k]!
      sum += difference * difference
    }
    return sum
  }
}
