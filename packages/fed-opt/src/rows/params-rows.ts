import {
  add,
  checkSameNames,
  checkSameStructure,
  cloneParams,
  concat,
  divide,
  gather,
  mapParams,
  matmul,
  multiply,
  randomNormal,
  reshape,
  scope,
  slice,
  sort,
  sqrt,
  subtract,
  sum,
  tensor,
  zeros,
  type Backend,
  type HostTensor,
  type Params,
  type RandomKey,
  type Stacked,
  type Tensor,
} from '@lemanic/tensor-core'
import { argumentError } from '../refuse.js'
import { pairwiseDistances } from './pairwise-distances.js'
import type { Rows } from './rows.js'

/**
 * Rows of parameters, float32 on their backend: from a list of `Params` of one structure, or from parameters that are
 * stacked already (a leading axis of clients). Does not copy. `paramsOf` gives one stack.
 */
export function paramsRows(params: readonly Params[] | Stacked): Rows {
  if (!Array.isArray(params)) return new ParamsRows([params as Stacked])
  return new ParamsRows(
    (params as readonly Params[]).map((one) => mapParams(one, (value) => reshape(value, [1, ...value.shape]))),
  )
}

/** Rows out of several stacks, one below the other; nothing is copied. */
export function stackedRows(stacks: readonly Stacked[]): Rows {
  return new ParamsRows(stacks)
}

/** The stacked parameters of rows that were made of parameters: [count, …] for every name. */
export function paramsOf(rows: Rows): Stacked {
  if (rows instanceof ParamsRows) return rows.stacked()
  throw argumentError('paramsOf', 'expected rows of parameters, got bare vectors')
}

/** One row as parameters without the leading axis. */
export function paramsAt(rows: Rows, index: number): Params {
  return scope(() =>
    mapParams(paramsOf(rows.count === 1 && index === 0 ? rows : rows.select([index])), (value) =>
      reshape(value, value.shape.slice(1)),
    ),
  )
}

const countOf = (stacked: Stacked): number => Object.values(stacked)[0]?.shape[0] ?? 0

/** Rows of parameters as a list of stacks, so that results of training a few clients at a time need not be copied. */
class ParamsRows implements Rows {
  readonly stacks: readonly Stacked[]
  readonly #starts: readonly number[]
  readonly count: number

  constructor(stacks: readonly Stacked[]) {
    const [first] = stacks
    if (first === undefined || Object.keys(first).length === 0)
      throw argumentError('paramsRows', 'expected at least one tensor with a leading axis')
    this.stacks = stacks
    const starts: number[] = []
    let count = 0
    for (const stacked of stacks) {
      starts.push(count)
      count += checked(stacked, first)
    }
    this.#starts = starts
    this.count = count
  }

  get dimension(): number {
    return Object.values(this.parts).reduce((total, size) => total + size, 0)
  }

  get bytesPerRow(): number {
    return 4 * this.dimension
  }

  get parts(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      Object.entries(this.stacks[0]!).map(([name, { shape }]) => [name, shape.slice(1).reduce((n, k) => n * k, 1)]),
    )
  }

  /** One stack of all rows; a copy where there were several. */
  stacked(): Stacked {
    const { stacks } = this
    return stacks.length === 1
      ? stacks[0]!
      : mapParams(stacks[0]!, (_, name) =>
          concat(
            stacks.map((stacked) => stacked[name]!),
            0,
          ),
        )
  }

  select(indices: ArrayLike<number>): Rows {
    const runs = this.#runs(indices)
    const [first] = runs
    if (runs.length > 1 && runs.every(({ stack }) => stack === first!.stack)) {
      const stacked = this.stacks[first!.stack]!
      const local = Int32Array.from(indices, (index) => index - this.#starts[first!.stack]!)
      return new ParamsRows([
        mapParams(stacked, (value) => gather(value, tensor(local, [local.length], { backend: value.backend }), 0)),
      ])
    }
    return new ParamsRows(
      runs.map(({ stack, from, to }) => {
        const stacked = this.stacks[stack]!
        return from === 0 && to === countOf(stacked)
          ? cloneParams(stacked)
          : mapParams(stacked, (value) => slice(value, [[from, to]]))
      }),
    )
  }

  mix(matrix: readonly ArrayLike<number>[]): Rows {
    const used = Array.from({ length: this.count }, (_, i) => i).filter((i) =>
      matrix.some((weights) => weights[i] !== 0),
    )
    if (used.length === 0) return this.zeros(matrix.length)
    return scope(() => {
      const rows = used.length < this.count ? (this.select(used) as ParamsRows) : this
      return rows.#product(matrix.map((weights) => Float32Array.from(used, (i) => weights[i]!)))
    })
  }

  #product(matrix: readonly Float32Array[]): Rows {
    const stacks = matrix.length === 1 ? this.stacks : [this.stacked()]
    let start = 0
    const parts = stacks.map((stacked) => {
      const inner = countOf(stacked)
      const values = new Float32Array(matrix.length * inner)
      matrix.forEach((weights, r) => values.set(weights.subarray(start, start + inner), r * inner))
      start += inner
      const weights = tensor(values, [matrix.length, inner], { backend: this.#backend })
      return mapParams(stacked, (value) =>
        reshape(matmul(weights, flat(value)), [matrix.length, ...value.shape.slice(1)]),
      )
    })
    return new ParamsRows([parts.reduce((total, part) => mapParams(total, (value, name) => add(value, part[name]!)))])
  }

  add(other: Rows, factor = 1): Rows {
    if (factor === -1) return this.#zip(other, subtract)
    return this.#zip(other, (a, b) => add(a, factor === 1 ? b : multiply(b, factor)))
  }

  scale(factors: number | ArrayLike<number>): Rows {
    if (typeof factors === 'number') return this.#map((value) => multiply(value, factors))
    const all = Float32Array.from(factors)
    return this.#map((value, _name, start) => {
      const length = value.shape[0]!
      const column = tensor(all.slice(start, start + length), [length], { backend: value.backend })
      return multiply(value, reshape(column, [length, ...value.shape.slice(1).map(() => 1)]))
    })
  }

  multiply(other: Rows): Rows {
    return this.#zip(other, multiply)
  }

  sqrt(): Rows {
    return this.#map(sqrt)
  }

  reciprocal(epsilon: number): Rows {
    return this.#map((value) => divide(1, add(value, epsilon)))
  }

  concat(others: readonly Rows[]): Rows {
    const all = [this, ...others.map((other) => this.#same(other))]
    return new ParamsRows(all.flatMap(({ stacks }) => stacks.map(cloneParams)))
  }

  squaredDistances(center: Rows): Float64Array {
    const point = this.#same(center).stacked()
    return this.#perRow((value, name) => {
      const difference = flat(add(value, multiply(point[name]!, -1)))
      return sum(multiply(difference, difference), 1)
    })
  }

  pairwiseSquaredDistances(): Float64Array[] {
    return scope(() => pairwiseDistances(this, this.stacked()))
  }

  dot(direction: Rows): Float64Array {
    const vector = this.#same(direction).stacked()
    return this.#perRow((value, name) =>
      reshape(matmul(flat(value), flat(vector[name]!), { transposeB: true }), [value.shape[0]!]),
    )
  }

  sortedMean(skip: number): Rows {
    const kept = this.count - 2 * skip
    return new ParamsRows([
      scope(() =>
        mapParams(this.stacked(), (value) =>
          reshape(multiply(sum(slice(sort(flat(value), 0).values, [[skip, skip + kept]]), 0), 1 / kept), [
            1,
            ...value.shape.slice(1),
          ]),
        ),
      ),
    ])
  }

  zeros(count: number): Rows {
    return this.#like((value) => zeros([count, ...value.shape.slice(1)], { backend: value.backend }))
  }

  normal(key: RandomKey, count: number): Rows {
    return this.#like((value, name) =>
      randomNormal(key.foldIn(name), [count, ...value.shape.slice(1)], { backend: value.backend }),
    )
  }

  finite(): boolean[] {
    // a sum shows that all are finite; where it is not, it may have overflowed
    if (this.#perRow((value) => sum(flat(value), 1)).every(Number.isFinite))
      return new Array<boolean>(this.count).fill(true)
    return Array.from(
      this.#perRow((value) => sum(flat(multiply(value, 0)), 1)),
      (total) => total === 0,
    )
  }

  toVectors(): Float64Array[] {
    const { dimension, parts } = this
    const vectors = Array.from({ length: this.count }, () => new Float64Array(dimension))
    this.stacks.forEach((stacked, s) => {
      let column = 0
      for (const [name, value] of Object.entries(stacked)) {
        const [data, width] = [value.dataSync(), parts[name]!]
        for (let i = 0; i < countOf(stacked); i++)
          vectors[this.#starts[s]! + i]!.set(data.subarray(i * width, (i + 1) * width), column)
        column += width
      }
    })
    return vectors
  }

  fromVectors(vectors: readonly ArrayLike<number>[]): Rows {
    const { dimension, parts } = this
    vectors.forEach((vector) => {
      if (vector.length !== dimension)
        throw argumentError('Rows.fromVectors', `expected vectors of ${dimension} numbers, got ${vector.length}`)
    })
    let start = 0
    return this.#like((value, name) => {
      const width = parts[name]!
      const data = new Float32Array(vectors.length * width)
      vectors.forEach((vector, i) => {
        for (let k = 0; k < width; k++) data[i * width + k] = vector[start + k]!
      })
      start += width
      return tensor(data, [vectors.length, ...value.shape.slice(1)], { backend: value.backend })
    })
  }

  toHost(): Readonly<Record<string, HostTensor>> {
    return scope(() =>
      Object.fromEntries(
        Object.entries(this.stacked()).map(([name, value]) => [
          name,
          { dtype: 'F32' as const, shape: value.shape, data: value.dataSync() as Float32Array },
        ]),
      ),
    )
  }

  replaceParts(names: readonly string[], other: Rows): Rows {
    return this.#zip(other, (value, source, name) => {
      const chosen = names.includes(name) ? source : value
      return reshape(chosen, value.shape)
    })
  }

  dispose(): void {
    for (const stacked of this.stacks) for (const value of Object.values(stacked)) value.dispose()
  }

  get #backend(): Backend {
    return Object.values(this.stacks[0]!)[0]!.backend
  }

  /** Indices as runs of consecutive rows inside one stack. */
  #runs(indices: ArrayLike<number>): { stack: number; from: number; to: number }[] {
    const runs: { stack: number; from: number; to: number }[] = []
    let stack = 0
    for (let at = 0; at < indices.length; at++) {
      const index = indices[at]!
      if (!(index >= 0 && index < this.count))
        throw argumentError('Rows', `expected a row from 0 to ${this.count - 1}, got ${index}`)
      while (index < this.#starts[stack]!) stack--
      while (stack + 1 < this.#starts.length && index >= this.#starts[stack + 1]!) stack++
      const row = index - this.#starts[stack]!
      const last = runs[runs.length - 1]
      if (last !== undefined && last.stack === stack && last.to === row) last.to++
      else runs.push({ stack, from: row, to: row + 1 })
    }
    return runs
  }

  #map(f: (value: Tensor, name: string, start: number) => Tensor): ParamsRows {
    return new ParamsRows(
      this.stacks.map((stacked, s) => mapParams(stacked, (value, name) => f(value, name, this.#starts[s]!))),
    )
  }

  #like(f: (value: Tensor, name: string) => Tensor): ParamsRows {
    return new ParamsRows([mapParams(this.stacks[0]!, f)])
  }

  #perRow(f: (value: Tensor, name: string) => Tensor): Float64Array {
    const total = new Float64Array(this.count)
    this.stacks.forEach((stacked, s) => {
      for (const [name, value] of Object.entries(stacked)) {
        const part = scope(() => f(value, name).dataSync())
        for (let i = 0; i < part.length; i++) total[this.#starts[s]! + i]! += part[i] as number
      }
    })
    return total
  }

  #same(other: Rows): ParamsRows {
    if (!(other instanceof ParamsRows)) throw argumentError('Rows', 'expected stacked parameters, got bare vectors')
    checkSameNames(this.stacks[0]!, other.stacks[0]!, { where: 'Rows', got: 'the other rows' })
    return other
  }

  #zip(other: Rows, f: (a: Tensor, b: Tensor, name: string) => Tensor): Rows {
    const same = this.#same(other)
    if (same.count !== 1 && same.count !== this.count)
      throw argumentError('Rows', `expected 1 or ${this.count} rows, got ${same.count}`)
    if (same.count === 1) {
      const row = same.stacked()
      return this.#map((value, name) => f(value, row[name]!, name))
    }
    return scope(
      () =>
        new ParamsRows(
          this.stacks.map((stacked, s) => {
            const start = this.#starts[s]!
            const range = Int32Array.from({ length: countOf(stacked) }, (_, i) => start + i)
            const partner = (same.select(range) as ParamsRows).stacked()
            return mapParams(stacked, (value, name) => f(value, partner[name]!, name))
          }),
        ),
    )
  }
}

/** Throws unless a stack has float32 tensors with one leading axis and the names and shapes of the first; its length. */
function checked(stacked: Stacked, first: Stacked): number {
  const count = countOf(stacked)
  for (const [name, { shape, dtype }] of Object.entries(stacked)) {
    if (shape[0] === count && dtype === 'float32') continue
    throw argumentError(
      'paramsRows',
      `expected float32 with a leading axis of ${count}, "${name}" is ${dtype} [${shape.join(', ')}]`,
    )
  }
  if (stacked !== first) {
    const row = (several: Stacked): Record<string, { shape: readonly number[]; dtype: 'float32' }> =>
      Object.fromEntries(
        Object.entries(several).map(([name, { shape }]) => [name, { shape: shape.slice(1), dtype: 'float32' }]),
      )
    checkSameStructure(row(first), row(stacked), { where: 'paramsRows', got: 'one of the rows' })
  }
  return count
}

const flat = (value: Tensor): Tensor => reshape(value, [value.shape[0]!, value.size / value.shape[0]!])
