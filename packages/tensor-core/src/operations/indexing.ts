import type { PrimitiveAttributes } from '../backend.js'
import { argumentError, shapeError } from '../errors.js'
import { run } from '../run.js'
import { formatShape, normalizeAxis } from '../shape.js'
import type { Operation } from '../tape-node.js'
import type { Tensor } from '../tensor.js'
import { divide, maximum } from './binary.js'
import { equal, where } from './comparison.js'
import { full, ones, range } from './creation.js'
import { type Primitive, expectDType } from './define.js'
import { max } from './reduction.js'
import { reshape } from './shaping.js'

const gatherOperation: Primitive<'gather'> = {
  name: 'gather',
  infer([x, indices], { axis }) {
    expectDType('gather', indices!, 'int32')
    return [{ shape: [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)], dtype: x!.dtype }]
  },
  gradient: ({ gradients, inputs, attributes: { axis } }) => [
    scatterAdd(gradients[0]!, inputs[1]!, { axis, size: inputs[0]!.shape[axis]! }),
    undefined,
  ],
}

/** The entries of an axis (default the first) that int32 indices of any shape name. */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  return run(gatherOperation, [x, indices], { axis: normalizeAxis('gather', axis, x.rank) })[0]!
}

/** The output's rank tells how many axes the indices take. */
function scatterAddOperation(indexRank: number): Operation<PrimitiveAttributes['scatterAdd']> {
  return {
    name: 'scatterAdd',
    infer([updates, indices], { axis, size }) {
      expectDType('scatterAdd', updates!, 'float32', 'int32')
      expectDType('scatterAdd', indices!, 'int32')
      const named = updates!.shape.slice(axis, axis + indexRank)
      if (named.some((length, i) => length !== indices!.shape[i])) {
        throw shapeError(
          'scatterAdd',
          `updates ${formatShape(updates!.shape)} do not hold the indices' shape ${formatShape(indices!.shape)} at axis ${axis}`,
        )
      }
      return [
        {
          shape: [...updates!.shape.slice(0, axis), size, ...updates!.shape.slice(axis + indexRank)],
          dtype: updates!.dtype,
        },
      ]
    },
    gradient: ({ gradients, inputs, attributes: { axis } }) => [gather(gradients[0]!, inputs[1]!, axis), undefined],
  }
}

/**
 * Zeros with the updates added where int32 indices say: the gradient of `gather`. updates [outer…, indices…, inner…]
 * → [outer…, size, inner…], with the indices' axes at `axis` (default 0).
 */
export function scatterAdd(
  updates: Tensor,
  indices: Tensor,
  { axis = 0, size }: { axis?: number; size: number },
): Tensor {
  if (!Number.isInteger(size) || size < 0)
    throw argumentError('scatterAdd', `size must be a whole number ≥ 0, got ${size}`)
  const along = normalizeAxis('scatterAdd', axis, updates.rank - indices.rank + 1)
  return run(scatterAddOperation(indices.rank), [updates, indices], { axis: along, size })[0]!
}

/** Sums rows of x by segment: [n, …] and int32 ids [n] → [count, …]. */
export function segmentSum(x: Tensor, segments: Tensor, count: number): Tensor {
  return scatterAdd(x, segments, { axis: 0, size: count })
}

/** Means of the rows of x by segment: [n, …] float32 and int32 ids [n] → [count, …]; an empty segment is 0. */
export function segmentMean(x: Tensor, segments: Tensor, count: number): Tensor {
  expectDType('segmentMean', x, 'float32')
  const sizes = maximum(segmentSum(ones(segments.shape, { backend: x.backend }), segments, count), 1)
  return divide(segmentSum(x, segments, count), reshape(sizes, [count, ...x.shape.slice(1).map(() => 1)]))
}

/**
 * Largest of the rows of x by segment, element-wise: [n, …] float32 and int32 ids [n] → [count, …]; an empty segment is
 * −Infinity. Equal maxima share the gradient. Works on count · n · … elements.
 */
export function segmentMax(x: Tensor, segments: Tensor, count: number): Tensor {
  expectDType('segmentMax', x, 'float32')
  const [n = 0, ...rest] = x.shape
  if (n === 0) return full([count, ...rest], -Infinity, { backend: x.backend })
  const ids = range(count, { backend: x.backend })
  const isMember = equal(
    reshape(ids, [count, 1, ...rest.map(() => 1)]),
    reshape(segments, [1, n, ...rest.map(() => 1)]),
  )
  return max(where(isMember, reshape(x, [1, n, ...rest]), -Infinity), 1)
}

const takeAlongAxisOperation: Primitive<'takeAlongAxis'> = {
  name: 'takeAlongAxis',
  infer([x, indices], { axis }) {
    expectDType('takeAlongAxis', indices!, 'int32')
    const fits =
      indices!.shape.length === x!.shape.length &&
      indices!.shape.every((length, i) => i === axis || length === x!.shape[i])
    if (!fits) {
      throw shapeError(
        'takeAlongAxis',
        `indices ${formatShape(indices!.shape)} must agree with ${formatShape(x!.shape)} but for axis ${axis}`,
      )
    }
    return [{ shape: indices!.shape, dtype: x!.dtype }]
  },
  gradient: ({ gradients, inputs, attributes: { axis } }) => [
    takeAlongAxisGradient(gradients[0]!, inputs[1]!, axis, inputs[0]!.shape[axis]!),
    undefined,
  ],
}

/** One element a position along an axis (default the last), chosen by int32 indices of the same rank. */
export function takeAlongAxis(x: Tensor, indices: Tensor, axis = -1): Tensor {
  return run(takeAlongAxisOperation, [x, indices], { axis: normalizeAxis('takeAlongAxis', axis, x.rank) })[0]!
}

const takeAlongAxisGradientOperation: Primitive<'takeAlongAxisGradient'> = {
  name: 'takeAlongAxisGradient',
  infer: ([g], { axis, size }) => [
    { shape: g!.shape.map((length, i) => (i === axis ? size : length)), dtype: g!.dtype },
  ],
  gradient: ({ gradients, inputs, attributes: { axis } }) => [
    takeAlongAxis(gradients[0]!, inputs[1]!, axis),
    undefined,
  ],
}

/** Zeros with g added where the indices of a `takeAlongAxis` pointed; axis from the front. */
export function takeAlongAxisGradient(g: Tensor, indices: Tensor, axis: number, size: number): Tensor {
  return run(takeAlongAxisGradientOperation, [g, indices], { axis, size })[0]!
}

const oneHotOperation: Primitive<'oneHot'> = {
  name: 'oneHot',
  infer([indices], { depth }) {
    expectDType('oneHot', indices!, 'int32')
    return [{ shape: [...indices!.shape, depth], dtype: 'float32' }]
  },
}

/** 1 at each index, 0 elsewhere: int32 shape → float32 shape + [depth]; an index outside is a row of zeros. */
export function oneHot(indices: Tensor, depth: number): Tensor {
  if (!Number.isInteger(depth) || depth < 0)
    throw argumentError('oneHot', `depth must be a whole number ≥ 0, got ${depth}`)
  return run(oneHotOperation, [indices], { depth })[0]!
}
