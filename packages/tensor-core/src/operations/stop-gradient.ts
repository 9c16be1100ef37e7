import { shareBuffer } from '../record.js'
import type { Tensor } from '../tensor.js'

/** The same values as a constant: no gradient passes. */
export function stopGradient(x: Tensor): Tensor {
  return shareBuffer(x, x.shape)
}
