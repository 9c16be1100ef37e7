import type { IdBuffer } from './id-buffer.js'

/** Longest piece that is remembered, in UTF-16 units. */
const longestPiece = 48
const slotCount = 1 << 17
const mostEntries = slotCount / 2

/**
 * Remembers the ids of pieces of text already encoded. Pieces are compared where they stand in the
 * text, so that a hit creates no string; when it is full it starts afresh.
 */
export class PieceCache {
  #slots = new Int32Array(slotCount) // entry + 1, 0 = free
  #size = 0
  #hash = new Int32Array(1024)
  #textEnd = new Int32Array(1024) // where the entry's units and ids end in the pools
  #idEnd = new Int32Array(1024)
  #units = new Uint16Array(8192)
  #ids = new Int32Array(4096)
  #lastHash = 0

  /** Appends the ids of the piece units[start, end) to `output`; false when they are not known. */
  append(units: Uint16Array, start: number, end: number, output: IdBuffer): boolean {
    const length = end - start
    if (length > longestPiece) return false
    let hash = length
    for (let index = start; index < end; index++) hash = Math.imul(hash ^ units[index]!, 0x01000193)
    hash ^= hash >>> 15
    this.#lastHash = hash
    const slots = this.#slots
    const hashes = this.#hash
    for (let slot = hash & (slotCount - 1); ; slot = (slot + 1) & (slotCount - 1)) {
      const entry = slots[slot]! - 1
      if (entry < 0) return false
      if (hashes[entry] !== hash || !this.#holds(entry, units, start, length)) continue
      const last = this.#idEnd[entry]!
      const first = entry === 0 ? 0 : this.#idEnd[entry - 1]!
      output.reserve(last - first)
      const known = this.#ids
      const target = output.ids
      let write = output.length
      for (let read = first; read < last; read++) target[write++] = known[read]!
      output.length = write
      return true
    }
  }

  #holds(entry: number, units: Uint16Array, start: number, length: number): boolean {
    const from = entry === 0 ? 0 : this.#textEnd[entry - 1]!
    if (this.#textEnd[entry]! - from !== length) return false
    const known = this.#units
    for (let index = 0; index < length; index++) if (known[from + index] !== units[start + index]) return false
    return true
  }

  /** Remembers ids[from, to) for the piece that the last call of `append` did not know. */
  remember(units: Uint16Array, start: number, end: number, ids: Int32Array, from: number, to: number): void {
    const length = end - start
    if (length > longestPiece) return
    if (this.#size === mostEntries) {
      this.#slots.fill(0)
      this.#size = 0
    }
    const entry = this.#size++
    const firstUnit = entry === 0 ? 0 : (this.#textEnd[entry - 1] as number)
    const firstId = entry === 0 ? 0 : (this.#idEnd[entry - 1] as number)
    if (entry === this.#hash.length) {
      this.#hash = grown(this.#hash, new Int32Array(entry * 2))
      this.#textEnd = grown(this.#textEnd, new Int32Array(entry * 2))
      this.#idEnd = grown(this.#idEnd, new Int32Array(entry * 2))
    }
    while (firstUnit + length > this.#units.length)
      this.#units = grown(this.#units, new Uint16Array(this.#units.length * 2))
    while (firstId + to - from > this.#ids.length) this.#ids = grown(this.#ids, new Int32Array(this.#ids.length * 2))
    for (let index = 0; index < length; index++) this.#units[firstUnit + index] = units[start + index]!
    for (let index = from; index < to; index++) this.#ids[firstId + index - from] = ids[index] as number
    this.#hash[entry] = this.#lastHash
    this.#textEnd[entry] = firstUnit + length
    this.#idEnd[entry] = firstId + to - from
    let slot = this.#lastHash & (slotCount - 1)
    while (this.#slots[slot] !== 0) slot = (slot + 1) & (slotCount - 1)
    this.#slots[slot] = entry + 1
  }
}

function grown<Numbers extends Int32Array | Uint16Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from)
  return to
}
