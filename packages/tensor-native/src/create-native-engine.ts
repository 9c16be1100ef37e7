import type { EngineBinding } from './engine-binding.js'
import { Engine } from './engine.js'
import { EngineError } from './engine-error.js'
import { type Addon, loadAddon } from './load-addon.js'

export interface NativeEngineOptions {
  /** Threads that share one operation, this one included. Default: `os.availableParallelism()`. */
  readonly threads?: number
  /** Bytes that live buffers may take together. Default: no limit. */
  readonly memoryLimit?: number
  /**
   * Which build of the kernels: the best that the machine runs, the one that every machine runs, or one by name; asking
   * for a set that this machine lacks is an `unsupported` error. Default `best`.
   */
  readonly instructionSet?: 'best' | InstructionSet
}

/** Builds of the kernels. `avx2` needs FMA too; `avx512` the subsets F, BW, CD, DQ and VL. */
export type InstructionSet = 'baseline' | 'avx2' | 'avx512'

const instructionSetCodes = { best: -1, baseline: 0, avx2: 1, avx512: 2 } as const

class NativeBinding implements EngineBinding {
  readonly operations: readonly string[]
  readonly instructionSet: string
  readonly #addon: Addon
  readonly #engine: object
  #program = new Int32Array(4096)

  constructor(addon: Addon, threads: number, memoryLimit: number, variant: number) {
    this.#addon = addon
    this.#engine = addon.create(threads, memoryLimit, variant)
    addon.attach(this.#engine, this.#program)
    this.operations = addon.operations().trimEnd().split('\n')
    this.instructionSet = addon.instructionSet(this.#engine)
  }

  program(words: number): Int32Array {
    if (words > this.#program.length) {
      this.#program = new Int32Array(words * 2)
      this.#addon.attach(this.#engine, this.#program)
    }
    return this.#program
  }

  execute(words: number): number {
    return this.#addon.execute(this.#engine, words)
  }

  compile(words: number): number {
    return this.#addon.compile(this.#engine, words)
  }

  replay(plan: number, words: number): number {
    return this.#addon.replay(this.#engine, plan, words)
  }

  discard(plan: number): void {
    this.#addon.discard(this.#engine, plan)
  }

  write(id: number, values: Parameters<EngineBinding['write']>[1]): number {
    return this.#addon.write(this.#engine, id, values)
  }

  read(id: number, into: Parameters<EngineBinding['read']>[1]): number {
    return this.#addon.read(this.#engine, id, into)
  }

  weigh(bytes: number): void {
    this.#addon.weigh(this.#engine, bytes)
  }

  counters(into: Float64Array): void {
    this.#addon.counters(this.#engine, into)
  }

  error(into: Float64Array): void {
    this.#addon.error(this.#engine, into)
  }

  resetPeak(): void {
    this.#addon.resetPeak(this.#engine)
  }

  trim(): void {
    this.#addon.trim(this.#engine)
  }

  dispose(): void {
    this.#addon.dispose(this.#engine)
  }
}

function availableThreads(): number {
  return (process.getBuiltinModule('node:os') as { availableParallelism(): number }).availableParallelism()
}

/**
 * An engine on this machine's processor, through the Node-API addon. Synchronous. Throws an `EngineError` with code
 * `engine-missing` when there is no addon for this machine; results do not depend on the number of threads.
 */
export function createNativeEngine({
  threads,
  memoryLimit,
  instructionSet = 'best',
}: NativeEngineOptions = {}): Engine {
  const addon = loadAddon()
  const count = threads ?? availableThreads()
  if (!Number.isInteger(count) || count < 1 || count > 256) {
    throw new EngineError(
      'unsupported',
      `createNativeEngine: threads must be an integer from 1 to 256, got ${threads}`,
      { threads },
    )
  }
  if (memoryLimit !== undefined && !(memoryLimit > 0)) {
    throw new EngineError(
      'unsupported',
      `createNativeEngine: memoryLimit must be a positive number of bytes, got ${memoryLimit}`,
      { memoryLimit },
    )
  }
  const code = instructionSetCodes[instructionSet]
  if (code === undefined) {
    throw new EngineError(
      'unsupported',
      `createNativeEngine: instructionSet must be one of ${Object.keys(instructionSetCodes).join(', ')}, got ${String(instructionSet)}`,
      { instructionSet },
    )
  }
  const binding = new NativeBinding(addon, count, memoryLimit ?? 0, code)
  if (code > 0 && !binding.instructionSet.startsWith(instructionSet)) {
    binding.dispose()
    throw new EngineError(
      'unsupported',
      `createNativeEngine: this machine does not run ${instructionSet}; 'best' takes the best that it runs`,
      { instructionSet },
    )
  }
  return new Engine(binding, count)
}

/** The sets that `instructionSet` may name on this machine, the best last. Throws `engine-missing` without an addon. */
export function nativeInstructionSets(): readonly InstructionSet[] {
  return (['baseline', 'avx2', 'avx512'] as const).filter((instructionSet) => {
    try {
      createNativeEngine({ threads: 1, instructionSet }).dispose()
      return true
    } catch (error) {
      if (EngineError.isInstance(error) && error.code === 'unsupported') return false
      throw error
    }
  })
}
