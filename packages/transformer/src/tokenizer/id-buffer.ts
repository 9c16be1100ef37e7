/** A growing list of token ids. */
export class IdBuffer {
  ids = new Int32Array(1024)
  length = 0

  push(id: number): void {
    if (this.length === this.ids.length) this.reserve(1)
    this.ids[this.length++] = id
  }

  /** Makes room for `count` more ids. */
  reserve(count: number): void {
    if (this.length + count <= this.ids.length) return
    const grown = new Int32Array(Math.max(this.ids.length * 2, this.length + count))
    grown.set(this.ids.subarray(0, this.length))
    this.ids = grown
  }

  /** A copy of the ids, which stays as it is. */
  toArray(): Int32Array {
    return this.ids.slice(0, this.length)
  }
}
