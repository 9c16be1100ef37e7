/** Typed arrays that an engine copies from and to. */
export type EngineArray = Float32Array | Int32Array | Uint8Array | Uint16Array

/** The C interface (native/lemanic.h) as the addon and the WebAssembly module both offer it. */
export interface EngineBinding {
  /** Names of the operations in the order of their codes. */
  readonly operations: readonly string[]
  readonly instructionSet: string
  /** Room for a program of at least `words` words; the same memory until a larger one is asked for or the engine grows. */
  program(words: number): Int32Array
  /** Runs the first `words` words of the program → status. */
  execute(words: number): number
  /** Makes a plan of the first `words` words of the program → its number, or a negative status. */
  compile(words: number): number
  /** Runs a plan with the first `words` words of the program → status. */
  replay(plan: number, words: number): number
  discard(plan: number): void
  /** Makes buffer `id` with these contents → status. */
  write(id: number, values: EngineArray): number
  /** Copies buffer `id` when the sizes agree → bytes of the buffer, −1 when there is none. */
  read(id: number, into: EngineArray): number
  /** Tells the garbage collector what its objects hold outside its heap, where the host has a way to. */
  weigh?(bytes: number): void
  /** buffers, live bytes, peak bytes, bytes waiting in the pool */
  counters(into: Float64Array): void
  /** operation code and three details of the last refusal */
  error(into: Float64Array): void
  resetPeak(): void
  trim(): void
  dispose(): void
}
