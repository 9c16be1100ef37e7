import { writeUtf8 } from './byte-alphabet.js'
import type { IdBuffer } from './id-buffer.js'
import { PairTable } from './pair-table.js'

/** Pieces up to this many bytes are merged by scanning for the best pair, longer ones with a heap. */
const longestScan = 96

/** Applies learned merges to the bytes of one piece: always the earliest merge first, then the leftmost. */
export class BytePairEncoder {
  readonly #idOfByte: Int32Array
  readonly #pairs: PairTable
  readonly #mergedId: Int32Array // by rank
  #symbols = new Int32Array(longestScan)
  readonly #ranks = new Int32Array(longestScan)

  /**
   * `idOfByte`: the id of each byte (-1 = none); `merges`: left id, right id and merged id in order of
   * rank; a pair that occurs twice keeps its first rank.
   */
  constructor(idOfByte: Int32Array, merges: readonly (readonly [left: number, right: number, merged: number])[]) {
    this.#idOfByte = idOfByte
    this.#pairs = new PairTable(merges.length)
    const mergedId: number[] = []
    for (const [left, right, merged] of merges) {
      if (this.#pairs.add(left, right) === mergedId.length) mergedId.push(merged)
    }
    this.#mergedId = Int32Array.from(mergedId)
  }

  /** Appends the ids of text[start, end) to `output`; returns a byte without an id, or -1 when all have one. */
  append(text: string, start: number, end: number, output: IdBuffer, unknownId: number): number {
    if (this.#symbols.length < (end - start) * 3) this.#symbols = new Int32Array((end - start) * 6)
    const symbols = this.#symbols
    let length = writeUtf8(text, start, end, symbols)
    for (let index = 0; index < length; index++) {
      const byte = symbols[index] as number
      const id = this.#idOfByte[byte] as number
      if (id < 0 && unknownId < 0) return byte
      symbols[index] = id < 0 ? unknownId : id
    }
    length = length <= longestScan ? this.#mergeByScan(symbols, length) : this.#mergeByHeap(symbols, length)
    output.reserve(length)
    for (let index = 0; index < length; index++) output.ids[output.length++] = symbols[index] as number
    return -1
  }

  #mergeByScan(symbols: Int32Array, count: number): number {
    const pairs = this.#pairs
    const ranks = this.#ranks
    let length = count
    for (let index = 0; index + 1 < length; index++) {
      ranks[index] = pairs.find(symbols[index] as number, symbols[index + 1] as number)
    }
    while (length > 1) {
      let best = -1
      let bestRank = 0x7fffffff
      for (let index = 0; index + 1 < length; index++) {
        const rank = ranks[index] as number
        if (rank >= 0 && rank < bestRank) {
          bestRank = rank
          best = index
        }
      }
      if (best < 0) break
      symbols[best] = this.#mergedId[bestRank] as number
      length--
      for (let index = best + 1; index < length; index++) {
        symbols[index] = symbols[index + 1] as number
        ranks[index] = ranks[index + 1] as number
      }
      if (best > 0) ranks[best - 1] = pairs.find(symbols[best - 1] as number, symbols[best] as number)
      if (best + 1 < length) ranks[best] = pairs.find(symbols[best] as number, symbols[best + 1] as number)
    }
    return length
  }

  #mergeByHeap(symbols: Int32Array, count: number): number {
    const next = new Int32Array(count)
    const previous = new Int32Array(count)
    for (let index = 0; index < count; index++) {
      next[index] = index + 1
      previous[index] = index - 1
    }
    // Keys are rank * 2³² + position: exact in a double, and ordered as the merges are.
    const heap = new NumberHeap(count * 2)
    const offer = (left: number): void => {
      const right = next[left] as number
      if (right >= count) return
      const rank = this.#pairs.find(symbols[left] as number, symbols[right] as number)
      if (rank >= 0) heap.push(rank * 4294967296 + left)
    }
    for (let index = 0; index + 1 < count; index++) offer(index)
    while (heap.size > 0) {
      const key = heap.pop()
      const rank = Math.floor(key / 4294967296)
      const left = key % 4294967296
      const right = next[left] as number
      // Stale unless both symbols are alive and still this pair.
      if (symbols[left] === -1 || right >= count) continue
      if (this.#pairs.find(symbols[left] as number, symbols[right] as number) !== rank) continue
      symbols[left] = this.#mergedId[rank] as number
      symbols[right] = -1
      const after = next[right] as number
      next[left] = after
      if (after < count) previous[after] = left
      if ((previous[left] as number) >= 0) offer(previous[left] as number)
      offer(left)
    }
    let length = 0
    for (let index = 0; index < count; index = next[index] as number) symbols[length++] = symbols[index] as number
    return length
  }
}

/** A binary heap of numbers, the smallest first. */
class NumberHeap {
  size = 0
  #keys: Float64Array

  constructor(capacity: number) {
    this.#keys = new Float64Array(capacity)
  }

  push(key: number): void {
    if (this.size === this.#keys.length) {
      const grown = new Float64Array(this.#keys.length * 2)
      grown.set(this.#keys)
      this.#keys = grown
    }
    const keys = this.#keys
    let index = this.size++
    while (index > 0) {
      const parent = (index - 1) >> 1
      if ((keys[parent] as number) <= key) break
      keys[index] = keys[parent] as number
      index = parent
    }
    keys[index] = key
  }

  pop(): number {
    const keys = this.#keys
    const top = keys[0] as number
    const last = keys[--this.size] as number
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= this.size) break
      if (child + 1 < this.size && (keys[child + 1] as number) < (keys[child] as number)) child++
      if ((keys[child] as number) >= last) break
      keys[index] = keys[child] as number
      index = child
    }
    keys[index] = last
    return top
  }
}
