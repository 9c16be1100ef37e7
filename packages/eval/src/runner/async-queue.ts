/** Values pushed by callbacks, taken by one `for await`. */
export class AsyncQueue<Value> implements AsyncIterable<Value> {
  private readonly values: Value[] = []
  private wake: (() => void) | undefined
  private ended = false
  private failure: { error: unknown } | undefined

  push(value: Value): void {
    this.values.push(value)
    this.wake?.()
  }

  /** No more values; a consumer first gets those already pushed. */
  end(): void {
    this.ended = true
    this.wake?.()
  }

  /** No more values, and the consumer throws after those already pushed. */
  fail(error: unknown): void {
    this.failure = { error }
    this.end()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Value, void> {
    for (;;) {
      while (this.values.length > 0) yield this.values.shift()!
      if (this.failure) throw this.failure.error
      if (this.ended) return
      await new Promise<void>((resolve) => (this.wake = resolve))
      this.wake = undefined
    }
  }
}
