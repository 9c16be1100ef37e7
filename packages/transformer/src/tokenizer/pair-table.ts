/**
 * A hash table from pairs of token ids to dense indices 0, 1, 2, … in the order of insertion: open
 * addressing over typed arrays, several times faster here than a Map with composed keys.
 */
export class PairTable {
  /** Number of pairs held. */
  size = 0
  #mask: number
  #slots: Int32Array // index + 1 of the pair in each slot, 0 = free
  #left: Int32Array
  #right: Int32Array

  /** `expected`: the number of pairs for which room is made at first; the table grows by itself. */
  constructor(expected = 1024) {
    let slots = 16
    while (slots < expected * 2) slots *= 2
    this.#mask = slots - 1
    this.#slots = new Int32Array(slots)
    this.#left = new Int32Array(slots / 2)
    this.#right = new Int32Array(slots / 2)
  }

  /** Index of the pair, or -1 when it is not held. */
  find(left: number, right: number): number {
    const slots = this.#slots
    const mask = this.#mask
    for (let slot = hashPair(left, right) & mask; ; slot = (slot + 1) & mask) {
      const index = (slots[slot] as number) - 1
      if (index < 0 || (this.#left[index] === left && this.#right[index] === right)) return index
    }
  }

  /** Index of the pair, which is added when it is not held. */
  add(left: number, right: number): number {
    const slots = this.#slots
    const mask = this.#mask
    for (let slot = hashPair(left, right) & mask; ; slot = (slot + 1) & mask) {
      const index = (slots[slot] as number) - 1
      if (index >= 0) {
        if (this.#left[index] === left && this.#right[index] === right) return index
        continue
      }
      if (this.size === this.#left.length) {
        this.#grow()
        return this.add(left, right)
      }
      const added = this.size++
      slots[slot] = added + 1
      this.#left[added] = left
      this.#right[added] = right
      return added
    }
  }

  leftOf(index: number): number {
    return this.#left[index] as number
  }

  rightOf(index: number): number {
    return this.#right[index] as number
  }

  #grow(): void {
    const left = this.#left
    const right = this.#right
    const slots = new Int32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let index = 0; index < this.size; index++) {
      let slot = hashPair(left[index] as number, right[index] as number) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = index + 1
    }
    this.#slots = slots
    this.#mask = mask
    this.#left = new Int32Array(slots.length / 2)
    this.#left.set(left)
    this.#right = new Int32Array(slots.length / 2)
    this.#right.set(right)
  }
}

function hashPair(left: number, right: number): number {
  let hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right + 0x7f4a7c15, 0x85ebca6b)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x2c1b3c6d)
  return hash ^ (hash >>> 13)
}
