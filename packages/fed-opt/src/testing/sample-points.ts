import { LemanicError, randomKey, tensor, type Backend, type Params } from '@lemanic/tensor-core'
import { RandomStream } from '@lemanic/tensor-core'

/** Points for contract tests: `count` vectors of 7 numbers around `center`, multiples of 1/64 so that float32 holds them. */
export function samplePoints(seed: number, count: number, center = 0): Float64Array[] {
  const stream = new RandomStream(randomKey(seed))
  return Array.from({ length: count }, () =>
    Float64Array.from({ length: 7 }, () => center + Math.round((stream.nextUniform() * 4 - 2) * 64) / 64),
  )
}

/** The same vectors as parameters: a matrix [2, 3] and a scalar. */
export function asParams(vectors: readonly ArrayLike<number>[], backend: Backend): Params[] {
  return vectors.map((vector) => ({
    'layer.weight': tensor(Float32Array.from(vector).subarray(0, 6), [2, 3], { backend }),
    scale: tensor(Float32Array.of(vector[6]!), [], { backend }),
  }))
}

export function broken(contract: string, message: string): LemanicError {
  return new LemanicError('contract-broken', `${contract}: ${message}`)
}

/** Largest difference of two lists of vectors relative to the largest number. */
export function difference(a: readonly ArrayLike<number>[], b: readonly ArrayLike<number>[]): number {
  if (a.length !== b.length || a.some((row, i) => row.length !== b[i]!.length)) return Infinity
  const numbers = a.flatMap((row) => Array.from(row))
  const others = b.flatMap((row) => Array.from(row))
  const scale = Math.max(1, ...others.map(Math.abs))
  return Math.max(0, ...numbers.map((x, i) => (Number.isFinite(x) ? Math.abs(x - others[i]!) : Infinity))) / scale
}
