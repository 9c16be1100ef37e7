import { LemanicError, randomPermutation, shuffle } from '@lemanic/tensor-core'
import { checkSize, type RandomOrderOptions, type ScheduledOrder } from './data-order.js'
import { keyIdentity } from './order-identity.js'
import { scheduledOrder } from './scheduled-order.js'

/** How the data set is cut for a two-level shuffle. */
export interface BlockShuffleOptions extends RandomOrderOptions {
  /** Consecutive units that are read together; the last block may be smaller. Default ⌈√size⌉. */
  readonly blockSize?: number
  /** Blocks that memory holds at once. Default: a tenth of the blocks, at least 2. */
  readonly bufferBlocks?: number
}

/**
 * Two-level block shuffle with bounded memory: blocks of consecutive units are read in a fresh random order,
 * `bufferBlocks` at a time, and the units of those are shuffled before they are visited.
 *
 * Reads storage in long stretches, keeps ⌈size / blockSize⌉ + bufferBlocks · blockSize indices, and comes near random
 * reshuffling. Xu et al., "In-Database Machine Learning with CorgiPile", 2022 (arXiv 2206.05830). Epoch t draws from the
 * key folded with t. A buffer of all blocks is random reshuffling; a block of one unit and a buffer of one as well.
 */
export function blockShuffleOrder(options: BlockShuffleOptions): ScheduledOrder {
  const { size, key } = options
  checkSize('block-shuffle', size)
  const blockSize = checkCount('blockSize', options.blockSize ?? Math.ceil(Math.sqrt(size)), size)
  const blocks = Math.ceil(size / blockSize)
  const bufferBlocks = checkCount(
    'bufferBlocks',
    options.bufferBlocks ?? Math.min(blocks, Math.max(2, Math.ceil(blocks / 10))),
    blocks,
  )
  const lengthOf = (block: number): number => Math.min(blockSize, size - block * blockSize)
  let known: { readonly epoch: number; readonly order: Int32Array } | undefined
  return scheduledOrder({
    ...options,
    kind: 'block-shuffle',
    identity: { ...keyIdentity(key), blockSize, bufferBlocks },
    part(epoch, place) {
      const epochKey = key.foldIn(epoch)
      if (known?.epoch !== epoch) known = { epoch, order: randomPermutation(epochKey.foldIn('blocks'), blocks) }
      const { order } = known
      let start = 0
      for (let first = 0; ; first += bufferBlocks) {
        const chosen = order.subarray(first, first + bufferBlocks)
        const length = chosen.reduce((sum, block) => sum + lengthOf(block), 0)
        if (place >= start + length) {
          start += length
          continue
        }
        const indices = new Int32Array(length)
        let at = 0
        for (const block of chosen) {
          for (let unit = block * blockSize; unit < block * blockSize + lengthOf(block); unit++) indices[at++] = unit
        }
        return { start, indices: shuffle(epochKey.foldIn('buffer').foldIn(first), indices) }
      }
    },
  })
}

function checkCount(name: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw new LemanicError(
    'invalid-argument',
    `block-shuffle: expected "${name}" to be an integer from 1 to ${most}, got ${value}`,
    { fields: { name, value }, help: 'leave it out for a default that fits the size' },
  )
}
