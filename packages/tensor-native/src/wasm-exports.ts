/** The C interface of the WebAssembly modules (native/lemanic.h); pointers are numbers. */
export interface WasmExports {
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

/** What the module with threads has more; its memory is imported. */
export interface ThreadedWasmExports extends Omit<WasmExports, 'memory'> {
  readonly __stack_pointer: WebAssembly.Global<'i32'>
  lm_may_wait(): void
  lm_work(thread: number): void
  lm_worker_failed(): void
}
