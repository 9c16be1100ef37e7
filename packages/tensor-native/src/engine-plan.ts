import type { AttributePatch } from './attribute-words.js'

/** A recording, encoded for the engine. */
export interface RecordedProgram {
  /** As `lm_compile` takes it. */
  readonly words: Int32Array
  /** In the order of their words in a replay. */
  readonly patches: readonly AttributePatch[]
  readonly patchWords: number
  readonly inputs: number
  readonly outputs: number
  /** Buffers that the program reads and nobody else holds any more. */
  readonly owned: readonly number[]
  /** Buffers that the program reads, is not given at a replay, and does not hold. */
  readonly foreign: readonly number[]
}

interface PlanHost {
  replay(plan: EnginePlan, inputs: readonly number[]): number[]
  discard(plan: EnginePlan): void
}

/** A recorded program that the engine replays in one call. */
export class EnginePlan {
  readonly #host: PlanHost
  readonly number: number
  readonly program: RecordedProgram
  /** True once a buffer that the recording read, and that is no input, is gone: the plan is of no use any more. */
  isStale = false
  isDisposed = false

  /** Internal: `engine.endRecording` makes plans. */
  constructor(host: PlanHost, number: number, program: RecordedProgram) {
    this.#host = host
    this.number = number
    this.program = program
  }

  /** Runs the program with other buffers in the place of its inputs, in their order → handles of its outputs. */
  replay(inputs: readonly number[]): number[] {
    return this.#host.replay(this, inputs)
  }

  /** Gives back what the plan holds; harmless when repeated. */
  dispose(): void {
    this.#host.discard(this)
    this.isDisposed = true
    this.isStale = true
  }
}
