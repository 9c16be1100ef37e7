const float = new Float64Array(1)
const words = new Int32Array(float.buffer)

/** Attribute words that each replay of a recorded command brings anew. */
export interface AttributePatch {
  /** First of the words among the command's attributes. */
  readonly at: number
  readonly count: number
  /** Writes the words of now. */
  readonly write: (into: Int32Array, at: number) => void
}

/** Builds the attribute words of a command: integers take one word, float64 numbers two. */
export class AttributeWords {
  readonly values: number[] = []
  /** What a recording must not take for constant; most commands have nothing of the kind. */
  patches: AttributePatch[] | undefined

  integer(value: number): this {
    this.values.push(value | 0)
    return this
  }

  flag(value: boolean): this {
    this.values.push(value ? 1 : 0)
    return this
  }

  integers(values: readonly number[]): this {
    for (const value of values) this.values.push(value | 0)
    return this
  }

  number(value: number): this {
    float[0] = value
    this.values.push(words[0]!, words[1]!)
    return this
  }

  /** A float64 number that is read again at each replay. */
  changingNumber(read: () => number): this {
    this.#patch(2, (into, at) => {
      float[0] = read()
      into[at] = words[0]!
      into[at + 1] = words[1]!
    })
    return this.number(read())
  }

  /** Integers, always as many, that are read again at each replay. */
  changingIntegers(read: () => readonly number[]): this {
    const now = read()
    this.#patch(now.length, (into, at) => {
      const values = read()
      for (let i = 0; i < now.length; i++) into[at + i] = values[i]! | 0
    })
    return this.integers(now)
  }

  #patch(count: number, write: AttributePatch['write']): void {
    this.patches ??= []
    this.patches.push({ at: this.values.length, count, write })
  }
}
