import type { EngineArray, EngineBinding } from './engine-binding.js'
import { EngineError } from './engine-error.js'
import type { WasmExports } from './wasm-exports.js'

/** One engine in one instance of a WebAssembly module. */
export class WasmBinding implements EngineBinding {
  readonly operations: readonly string[]
  readonly instructionSet: string
  /** Gives the engine back and lets its workers go, once; holds on to nothing of this object. */
  readonly dispose: () => void
  readonly #exports: WasmExports
  readonly #engine: number
  readonly #four: number
  #programAt = 0
  #programWords = 0
  #program = new Int32Array(0)

  constructor(exports: WasmExports, threads: number, memoryLimit: number) {
    this.#exports = exports
    const engine = exports.lm_create(threads, memoryLimit, -1) >>> 0
    this.#engine = engine
    let alive = true
    this.dispose = () => {
      if (alive) exports.lm_destroy(engine)
      alive = false
    }
    this.#four = exports.malloc(32) >>> 0
    this.operations = this.#text(exports.lm_operations()).trimEnd().split('\n')
    this.instructionSet = this.#text(exports.lm_instruction_set(engine))
  }

  program(words: number): Int32Array {
    if (words > this.#programWords) {
      if (this.#programAt !== 0) this.#exports.free(this.#programAt)
      this.#programWords = Math.max(4096, words * 2)
      this.#programAt = this.#exports.malloc(this.#programWords * 4) >>> 0
      if (this.#programAt === 0)
        throw new EngineError('out-of-memory', `no room for a program of ${words} words`, { words })
      this.#program = new Int32Array(0)
    }
    // memory that grew has left its old views without length, unless it is shared
    if (this.#program.length === 0)
      this.#program = new Int32Array(
        this.#memory(this.#programAt, this.#programWords * 4),
        this.#programAt,
        this.#programWords,
      )
    return this.#program
  }

  execute(words: number): number {
    return this.#exports.lm_execute(this.#engine, this.#programAt, words)
  }

  compile(words: number): number {
    return this.#exports.lm_compile(this.#engine, this.#programAt, words)
  }

  replay(plan: number, words: number): number {
    return this.#exports.lm_replay(this.#engine, plan, this.#programAt, words)
  }

  discard(plan: number): void {
    this.#exports.lm_discard(this.#engine, plan)
  }

  write(id: number, values: EngineArray): number {
    const status = this.#exports.lm_allocate(this.#engine, id, values.byteLength)
    if (status === 0) this.#bytes(this.#exports.lm_data(this.#engine, id), values.byteLength).set(bytesOf(values))
    return status
  }

  read(id: number, into: EngineArray): number {
    const bytes = this.#exports.lm_bytes(this.#engine, id)
    if (bytes === into.byteLength) bytesOf(into).set(this.#bytes(this.#exports.lm_data(this.#engine, id), bytes))
    return bytes
  }

  counters(into: Float64Array): void {
    this.#exports.lm_counters(this.#engine, this.#four)
    into.set(new Float64Array(this.#memory(this.#four, 32), this.#four, 4))
  }

  error(into: Float64Array): void {
    this.#exports.lm_error(this.#engine, this.#four)
    into.set(new Float64Array(this.#memory(this.#four, 32), this.#four, 4))
  }

  resetPeak(): void {
    this.#exports.lm_reset_peak(this.#engine)
  }

  trim(): void {
    this.#exports.lm_trim(this.#engine)
  }

  /** The memory, which holds `bytes` at `pointer`: where a worker has grown it, its former buffer is too short. */
  #memory(pointer: number, bytes: number): ArrayBuffer {
    const { memory } = this.#exports
    if (pointer + bytes > memory.buffer.byteLength) memory.grow(0)
    return memory.buffer
  }

  #bytes(at: number, length: number): Uint8Array {
    const pointer = at >>> 0
    return new Uint8Array(this.#memory(pointer, length), pointer, length)
  }

  #text(at: number): string {
    const memory = new Uint8Array(this.#exports.memory.buffer)
    const pointer = at >>> 0
    // a copy: browsers decode no shared memory
    return new TextDecoder().decode(memory.slice(pointer, memory.indexOf(0, pointer)))
  }
}

const bytesOf = (values: EngineArray): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
