/**
 * One step of decoding as a recording sees it: everything that changes from step to step is a tensor of one shape or a
 * number that is read anew. Keys and values lie in tensors with room to grow, of which the first `past` rows are there.
 * B rows of one token, C rows of room, G heads of keys and values of width D.
 */
import { mapScalar, updateRows } from '@lemanic/tensor-core'
import type { Scalar, Tensor } from '@lemanic/tensor-core'
import type { CacheSlot } from './key-value-cache.js'

/** The tensors of a step. */
export interface DecodingTensors {
  /** The position of each row's token, counting no padding; int32 [B, 1]. */
  readonly positions: Tensor
  /** Keys and values of each application of a block, in the order of the applications; [B, C, G, D]. */
  readonly keys: readonly Tensor[]
  readonly values: readonly Tensor[]
  /** Of a source, for each block that looks at one; [B, S, G, D]. */
  readonly sourceKeys: readonly Tensor[]
  readonly sourceValues: readonly Tensor[]
  /** 0 at tokens, −∞ at padding; [B, 1, 1, C]. Absent where there is none. */
  readonly padding?: Tensor
  /** The same of the source; [B, 1, 1, S]. */
  readonly sourcePadding?: Tensor
  /** The encoder's result; [B, S, width]. */
  readonly encoded?: Tensor
  /** The bucket of each key's distance; int32 [1, C]. For relative positions only. */
  readonly buckets?: Tensor
}

/** Hands out the keys and values of a step, as a `KeyValueCache` does in a pass of its own. */
export class DecodingFrame {
  readonly #keys: Tensor[]
  readonly #values: Tensor[]
  #cursor = 0

  constructor(
    readonly tensors: DecodingTensors,
    /** Tokens before this one, padding included: the row that the token's keys and values get. */
    readonly past: Scalar,
  ) {
    this.#keys = [...tensors.keys]
    this.#values = [...tensors.values]
  }

  /** Rows that there is room for. */
  get capacity(): number {
    return this.tensors.keys[0]!.shape[1]!
  }

  /** What has become of the keys and values: with this token's, after the pass. */
  get keys(): readonly Tensor[] {
    return this.#keys
  }

  get values(): readonly Tensor[] {
    return this.#values
  }

  slot(): CacheSlot {
    const index = this.#cursor++
    const { tensors, past } = this
    const used = mapScalar(past, (count) => count + 1)
    const [keys, values] = [this.#keys, this.#values]
    return {
      extend(key, value) {
        keys[index] = updateRows(keys[index]!, key, past)
        values[index] = updateRows(values[index]!, value, past)
        return { keys: [keys[index]], values: [values[index]], used }
      },
      once: () => [tensors.sourceKeys[index]!, tensors.sourceValues[index]!],
      get held() {
        return [keys[index]!, values[index]!]
      },
    }
  }

  get held(): readonly Tensor[] {
    return [...this.#keys, ...this.#values]
  }
}
