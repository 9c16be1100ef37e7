import type { EngineArray, EngineBinding } from './engine-binding.js'
import { Engine } from './engine.js'
import { EngineError } from './engine-error.js'

export interface WasmEngineOptions {
  /** Bytes that live buffers may take together. Default: what WebAssembly allows (4 GiB less the engine's own). */
  readonly memoryLimit?: number
  /** The compiled engine, for hosts where the package's file cannot be found from its own address. */
  readonly module?: WebAssembly.Module
}

/** The C interface (native/lemanic.h); pointers are numbers. */
interface Exports {
  readonly memory: WebAssembly.Memory
  malloc(bytes: number): number
  free(pointer: number): void
  lm_create(threads: number, memoryLimit: number, variant: number): number
  lm_destroy(engine: number): void
  lm_execute(engine: number, program: number, words: number): number
  lm_compile(engine: number, program: number, words: number): number
  lm_replay(engine: number, plan: number, program: number, words: number): number
  lm_discard(engine: number, plan: number): void
  lm_allocate(engine: number, id: number, bytes: number): number
  lm_data(engine: number, id: number): number
  lm_bytes(engine: number, id: number): number
  lm_counters(engine: number, out: number): void
  lm_error(engine: number, out: number): void
  lm_reset_peak(engine: number): void
  lm_trim(engine: number): void
  lm_operations(): number
  lm_instruction_set(engine: number): number
}

class WasmBinding implements EngineBinding {
  readonly operations: readonly string[]
  readonly instructionSet: string
  readonly #exports: Exports
  readonly #engine: number
  readonly #four: number
  #programAt = 0
  #programWords = 0
  #program = new Int32Array(0)

  constructor(module: WebAssembly.Module, memoryLimit: number) {
    // the engine imports nothing: no clock, no files, no host at all
    this.#exports = new WebAssembly.Instance(module, {}).exports as unknown as Exports
    this.#engine = this.#exports.lm_create(1, memoryLimit, -1) >>> 0
    this.#four = this.#exports.malloc(32) >>> 0
    this.operations = this.#text(this.#exports.lm_operations()).trimEnd().split('\n')
    this.instructionSet = this.#text(this.#exports.lm_instruction_set(this.#engine))
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
    // memory that grew has left its old views without length
    if (this.#program.length === 0)
      this.#program = new Int32Array(this.#exports.memory.buffer, this.#programAt, this.#programWords)
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
    into.set(new Float64Array(this.#exports.memory.buffer, this.#four, 4))
  }

  error(into: Float64Array): void {
    this.#exports.lm_error(this.#engine, this.#four)
    into.set(new Float64Array(this.#exports.memory.buffer, this.#four, 4))
  }

  resetPeak(): void {
    this.#exports.lm_reset_peak(this.#engine)
  }

  trim(): void {
    this.#exports.lm_trim(this.#engine)
  }

  dispose(): void {
    this.#exports.lm_destroy(this.#engine)
  }

  #bytes(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.#exports.memory.buffer, pointer >>> 0, length)
  }

  #text(pointer: number): string {
    const memory = new Uint8Array(this.#exports.memory.buffer)
    return new TextDecoder().decode(memory.subarray(pointer >>> 0, memory.indexOf(0, pointer >>> 0)))
  }
}

const bytesOf = (values: EngineArray): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

interface NodeFiles {
  readFileSync(path: URL): Uint8Array<ArrayBuffer>
}

const address = (): URL => new URL('../wasm/engine.wasm', import.meta.url)
let compiled: WebAssembly.Module | undefined

function moduleFromDisk(): WebAssembly.Module | undefined {
  const builtin = typeof process === 'undefined' ? undefined : process.getBuiltinModule
  if (builtin === undefined) return undefined
  return new WebAssembly.Module((builtin('node:fs') as unknown as NodeFiles).readFileSync(address()))
}

function explained(cause: unknown): EngineError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new EngineError(
    'engine-missing',
    `the WebAssembly engine did not load from ${address().href}: ${reason}; pass { module }, a WebAssembly.Module of the package's wasm/engine.wasm`,
    {},
    cause,
  )
}

function engineOf(module: WebAssembly.Module, memoryLimit: number | undefined): Engine {
  if (memoryLimit !== undefined && !(memoryLimit > 0)) {
    throw new EngineError(
      'unsupported',
      `createWasmEngine: memoryLimit must be a positive number of bytes, got ${memoryLimit}`,
      { memoryLimit },
    )
  }
  return new Engine(new WasmBinding(module, memoryLimit ?? 0), 1)
}

/** The same kernels as WebAssembly with 128-bit SIMD, one thread: Node.js and browsers. Throws `engine-missing`. */
export async function createWasmEngine({ memoryLimit, module }: WasmEngineOptions = {}): Promise<Engine> {
  try {
    compiled ??= module ?? moduleFromDisk() ?? (await WebAssembly.compileStreaming(fetch(address())))
  } catch (cause) {
    throw explained(cause)
  }
  return engineOf(module ?? compiled, memoryLimit)
}

/** `createWasmEngine` without waiting: in Node.js, or with a module that is compiled already. */
export function createWasmEngineSync({ memoryLimit, module }: WasmEngineOptions = {}): Engine {
  try {
    compiled ??= module ?? moduleFromDisk()
  } catch (cause) {
    throw explained(cause)
  }
  const ready = module ?? compiled
  if (ready === undefined) {
    throw new EngineError(
      'engine-missing',
      'outside Node.js the WebAssembly engine loads asynchronously: await createWasmEngine(), or pass { module }',
    )
  }
  return engineOf(ready, memoryLimit)
}
