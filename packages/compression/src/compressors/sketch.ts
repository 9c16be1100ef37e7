import {
  add,
  floor,
  gather,
  less,
  minimum,
  multiply,
  randomUniform,
  reshape,
  scatterAdd,
  slice,
  sort,
  stack,
  where,
  cast,
  type Backend,
  type RandomKey,
  type Tensor,
} from '@lemanic/tensor-core'

/** Where a count sketch puts entries: for each row int32 buckets [d] and signs ±1 [d]. */
export interface SketchHash {
  readonly columns: number
  readonly buckets: readonly Tensor[]
  readonly signs: readonly Tensor[]
}

/** Hashes d entries into rows × columns; the same key gives the same hash everywhere. */
export function sketchHash(key: RandomKey, size: number, rows: number, columns: number, backend: Backend): SketchHash {
  const draw = (row: number, what: string): Tensor => randomUniform(key.foldIn(row).foldIn(what), [size], { backend })
  return {
    columns,
    buckets: Array.from({ length: rows }, (_, row) =>
      cast(minimum(floor(multiply(draw(row, 'bucket'), columns)), columns - 1), 'int32'),
    ),
    signs: Array.from({ length: rows }, (_, row) => where(less(draw(row, 'sign'), 0.5), -1, 1)),
  }
}

/** The sketches of vectors [workers, d]: [workers, rows, columns]. Linear. */
export function sketchOf(vectors: Tensor, hash: SketchHash): Tensor {
  const rows = hash.buckets.map((buckets, row) =>
    scatterAdd(multiply(vectors, hash.signs[row]), buckets, { axis: 1, size: hash.columns }),
  )
  return stack(rows, 1)
}

/** The vector that a sketch [rows, columns] stands for: each entry's estimate of one row, or the median of several. */
export function unsketch(sketch: Tensor, hash: SketchHash): Tensor {
  const estimates = hash.buckets.map((buckets, row) =>
    multiply(gather(reshape(slice(sketch, [[row, row + 1]]), [hash.columns]), buckets), hash.signs[row]),
  )
  if (estimates.length === 1) return estimates[0]
  const sorted = sort(stack(estimates), 0).values
  const size = sorted.shape[1]
  const at = (row: number): Tensor => reshape(slice(sorted, [[row, row + 1]]), [size])
  const [low, high] = [Math.floor((estimates.length - 1) / 2), Math.floor(estimates.length / 2)]
  return low === high ? at(low) : multiply(add(at(low), at(high)), 0.5)
}
