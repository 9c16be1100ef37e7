import { concat, gather, keep, LemanicError, tensor } from '@lemanic/tensor-core'
import type { Params, Tensor } from '@lemanic/tensor-core'
import type { KeyValues } from './attention.js'
import type { Places } from './places.js'
import { RaggedStore } from '../stacks/ragged-memory.js'

/** Tokens are joined to the last segment until it has this many: a step copies at most so many, never the whole past. */
const segmentLength = 32

/** The keys and values of one application of one block. */
export interface CacheSlot {
  /** All keys and values up to these new ones [B, T, G, D], oldest first. */
  extend(key: Tensor, value: Tensor): KeyValues
  /** What `make` gave the first time: the keys and values of a source. */
  once(make: () => [key: Tensor, value: Tensor]): [key: Tensor, value: Tensor]
  /** Tensors that the running pass has made and that must outlive it. */
  readonly held: readonly Tensor[]
}

/** One of the two rows of segments of a slot. */
function extended(segments: readonly Tensor[], added: Tensor): Tensor[] {
  const last = segments.at(-1)
  if (last === undefined) return [added]
  if (added.shape[1]! > 1) return [concat([...segments, added], 1)] // several queries need the keys in one segment to be causal
  if (last.shape[1]! >= segmentLength) return [...segments, added]
  return [...segments.slice(0, -1), concat([last, added], 1)]
}

class Slot implements CacheSlot {
  keys: readonly Tensor[] = []
  values: readonly Tensor[] = []
  source: [key: Tensor, value: Tensor] | undefined
  next: KeyValues | undefined

  extend(key: Tensor, value: Tensor): KeyValues {
    this.next = { keys: extended(this.keys, key), values: extended(this.values, value) }
    return this.next
  }

  once(make: () => [Tensor, Tensor]): [Tensor, Tensor] {
    this.source ??= make()
    return this.source
  }

  get held(): Tensor[] {
    return [...(this.next?.keys ?? []), ...(this.next?.values ?? []), ...(this.source ?? [])]
  }

  all(): Tensor[] {
    return [...this.keys, ...this.values, ...(this.source ?? [])]
  }
}

/**
 * Keys and values of the tokens that a model has seen, one slot for each application of a block (for each repeat of a
 * looped stack too), so that a pass over the next tokens gives what a pass over all of them would give. Filled by
 * passing it as `cache` in the context of `apply` or `hiddenStates`; not for gradients.
 *
 * Dispose it when done: it owns its tensors.
 */
export class KeyValueCache {
  #slots: Slot[] = []
  #cursor = 0
  #length = 0
  #rows = 0
  #visible: Uint8Array | undefined
  #params: Params | undefined
  /** Keys and values of repeats that only some tokens take. Internal. */
  readonly routed = new RaggedStore()

  /** Tokens of each row, padding included. */
  get length(): number {
    return this.#length
  }

  /** Sequences; 0 before the first pass. */
  get rows(): number {
    return this.#rows
  }

  /** 0 at places of padding, [rows · length]; absent where there is none. Internal. */
  get visible(): Uint8Array | undefined {
    return this.#visible
  }

  /** Bytes of all keys and values. */
  get bytes(): number {
    return this.#all().reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Whether these parameters were checked by an earlier pass. Internal. */
  knows(params: Params): boolean {
    return this.#params === params
  }

  /**
   * Runs one pass over the next tokens; when it fails the cache stays as it was. Internal.
   * Throws `invalid-batch` when the rows are not those of the cache.
   */
  advance<Result>(params: Params, places: Places, pass: () => Result): Result {
    if (this.#rows !== 0 && (places.batch !== this.#rows || !this.knows(params))) {
      throw new LemanicError(
        'invalid-batch',
        this.knows(params)
          ? `tokens: expected the ${this.#rows} sequences of the cache, got ${places.batch}`
          : 'cache: it was filled with other parameters than these',
        { help: 'make a new cache for each batch and each set of parameters' },
      )
    }
    this.#cursor = 0
    try {
      const result = pass()
      this.#commit()
      this.#length += places.time
      this.#rows = places.batch
      this.#visible = places.visible
      this.#params = params
      return result
    } finally {
      for (const slot of this.#slots) slot.next = undefined
      this.routed.forget()
    }
  }

  /** The slot of the next application of a block in this pass. Internal. */
  slot(): CacheSlot {
    return (this.#slots[this.#cursor++] ??= new Slot())
  }

  /** Tensors that the running pass has made for the cache. Internal. */
  get held(): readonly Tensor[] {
    return [...this.#slots.flatMap((slot) => slot.held), ...this.routed.held]
  }

  #all(): Tensor[] {
    return [...this.#slots.flatMap((slot) => slot.all()), ...this.routed.all()]
  }

  #commit(): void {
    this.routed.commit()
    for (const slot of this.#slots) {
      if (slot.next === undefined) continue
      for (const name of ['keys', 'values'] as const) {
        for (const old of slot[name]) if (!slot.next[name].includes(old)) old.dispose()
        for (const fresh of slot.next[name]) if (!slot[name].includes(fresh)) keep(fresh)
        slot[name] = slot.next[name]
      }
      if (this.#rows === 0 && slot.source !== undefined) keep(slot.source)
    }
  }

  /** Replaces the rows by copies of the given ones: row i becomes what row `rows[i]` was (beam search). */
  reorder(rows: readonly number[]): void {
    if (rows.length === this.#rows && rows.every((row, i) => row === i)) return
    if (!rows.every((row) => Number.isInteger(row) && row >= 0 && row < this.#rows))
      throw new LemanicError(
        'invalid-option',
        `rows: expected rows from 0 to ${this.#rows - 1}, got [${rows.join(', ')}]`,
      )
    const first = this.#all()[0]
    if (first === undefined) return
    const indices = tensor(Int32Array.from(rows), [rows.length], { backend: first.backend })
    const moved = (x: Tensor): Tensor => {
      const copy = keep(gather(x, indices))
      x.dispose()
      return copy
    }
    for (const slot of this.#slots) {
      slot.keys = slot.keys.map(moved)
      slot.values = slot.values.map(moved)
      if (slot.source !== undefined) slot.source = [moved(slot.source[0]), moved(slot.source[1])]
    }
    this.routed.move(moved)
    indices.dispose()
    const visible = this.#visible
    if (visible !== undefined) {
      this.#visible = new Uint8Array(rows.length * this.#length)
      rows.forEach((row, i) => {
        this.#visible!.set(visible.subarray(row * this.#length, (row + 1) * this.#length), i * this.#length)
      })
    }
    this.#rows = rows.length
  }

  /** Gives the memory back and empties the cache. */
  dispose(): void {
    for (const slot of this.#slots) for (const held of slot.all()) held.dispose()
    this.routed.dispose()
    this.#slots = []
    this.#length = this.#rows = 0
    this.#visible = this.#params = undefined
  }

  [Symbol.dispose](): void {
    this.dispose()
  }
}
