import { type Scalar, withScalars } from '../compile/dynamic-number.js'
import { argumentError, shapeError } from '../errors.js'
import { recordingDepth } from '../recording.js'
import { shareBuffer } from '../record.js'
import { commonBackend } from '../run.js'
import { formatShape } from '../shape.js'
import type { Tensor } from '../tensor.js'
import { concat, slice } from './shaping.js'

/**
 * The target [B, C, …] with the rows [B, T, …] in the place of its rows at … at + T (of axis 1). **The target is used up**:
 * engines write into its memory, and what it holds afterwards is not told; dispose of it, or forget it where the result
 * shares its buffer. For caches that grow step by step; not for gradients.
 *
 * Throws `invalid-shape` and `invalid-argument` where the rows do not fit.
 */
export function updateRows(target: Tensor, rows: Tensor, at: Scalar): Tensor {
  const attributes = withScalars({ at })
  const [capacity, count] = [target.shape[1] ?? 0, rows.shape[1] ?? 0]
  const fits = target.rank >= 2 && rows.rank === target.rank && rows.dtype === target.dtype
  if (!fits || target.shape.some((size, axis) => axis !== 1 && size !== rows.shape[axis])) {
    throw shapeError(
      'updateRows',
      `rows ${rows.dtype} ${formatShape(rows.shape)} do not fit into ${target.dtype} ${formatShape(target.shape)}: all but axis 1 must be equal`,
    )
  }
  if (!Number.isInteger(attributes.at) || attributes.at < 0 || attributes.at + count > capacity)
    throw argumentError('updateRows', `expected ${count} rows to end within ${capacity}, got them at ${attributes.at}`)
  if (recordingDepth() > 0 && (target.node !== undefined || rows.node !== undefined))
    throw argumentError('updateRows', 'it has no gradient', { help: 'use concat, or stopGradient the inputs' })
  const backend = commonBackend('updateRows', [target, rows])
  const kernel = backend.kernels.updateRows
  if (kernel === undefined) {
    const part = (begin: number, end: number): Tensor => slice(target, [undefined, [begin, end]])
    return concat([part(0, attributes.at), rows, part(attributes.at + count, capacity)], 1)
  }
  kernel([target, rows], attributes, [])
  return shareBuffer(target, target.shape)
}
