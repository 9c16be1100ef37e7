const float = new Float64Array(1)
const words = new Int32Array(float.buffer)

/** Builds the attribute words of a command: integers take one word, float64 numbers two. */
export class AttributeWords {
  readonly values: number[] = []

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
}
