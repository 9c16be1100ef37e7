/**
 * Pause tokens: Goyal et al., "Think before you speak: Training Language Models With Pause Tokens" (arXiv 2310.02226), as
 * table 6 of "CoTFormer" (arXiv 2310.10845) compares with: P learned vectors after every token, the next token read
 * after the last of them. With P = R − 1 a layer is applied as often to each token as in R repeats.
 *
 * Deviation: CoTFormer's code has no pause tokens; that they follow every token is our reading of its table.
 */
import { broadcastTo, concat, reshape, slice } from '@lemanic/tensor-core'
import type { Tensor } from '@lemanic/tensor-core'

/** Puts the pause vectors [P, width] after every token: [B, T, width] → [B, T·(P + 1), width]. */
export function insertPauses(x: Tensor, pauses: Tensor): Tensor {
  const [batch, time, width] = x.shape as [number, number, number]
  const count = pauses.shape[0]!
  const repeated = broadcastTo(reshape(pauses, [1, 1, count, width]), [batch, time, count, width])
  return reshape(concat([reshape(x, [batch, time, 1, width]), repeated], 2), [batch, time * (count + 1), width])
}

/** What stands at the last pause of each token: [B, T·(P + 1), width] → [B, T, width]. */
export function takeLastPauses(x: Tensor, count: number): Tensor {
  const [batch, places, width] = x.shape as [number, number, number]
  const time = places / (count + 1)
  const grouped = reshape(x, [batch, time, count + 1, width])
  return reshape(slice(grouped, [undefined, undefined, [count, count + 1]]), [batch, time, width])
}

/** The mask of tokens and their pauses. */
export function repeatMask(mask: ArrayLike<number> | undefined, count: number): ArrayLike<number> | undefined {
  if (mask === undefined || count === 0) return mask
  return Uint8Array.from({ length: mask.length * (count + 1) }, (_, i) => mask[Math.floor(i / (count + 1))]!)
}
