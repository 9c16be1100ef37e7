import type { AttributePatch } from './attribute-words.js'
import type { EngineArray, EngineBinding } from './engine-binding.js'
import { CollectorWeight } from './collector-weight.js'
import { EngineError, engineError } from './engine-error.js'
import { EnginePlan } from './engine-plan.js'
import { EngineRecording } from './engine-recording.js'
import { encodeSpec, type EngineOperand, type EngineSpec } from './engine-spec.js'

export interface EngineMemory {
  /** Buffers that are alive. */
  readonly buffers: number
  /** Bytes of these. */
  readonly bytes: number
  /** Highest `bytes` since the start or the last `resetPeak`. */
  readonly peakBytes: number
  /** Bytes of freed buffers that wait to be used again. */
  readonly pooledBytes: number
}

const headerWords = 5
const frequentFlush = 4096 // queued frees after which they are sent without waiting for the next command

/**
 * One engine: its buffers and its commands. An operation is written as words into a program and run by one call; frees
 * are queued and travel with the next operation.
 */
export class Engine {
  readonly #binding: EngineBinding
  readonly #codes: ReadonlyMap<string, number>
  readonly #freeIds: number[] = []
  readonly #queued: number[] = []
  readonly #details = new Float64Array(4)
  /** Plans that read a buffer which somebody else owns. */
  readonly #readers = new Map<number, Set<EnginePlan>>()
  readonly #weight: CollectorWeight | undefined
  #recording: EngineRecording | undefined
  #nextId = 0
  #disposed = false

  /** Threads that share one operation. */
  readonly threads: number

  constructor(binding: EngineBinding, threads: number) {
    this.#binding = binding
    this.threads = threads
    if (binding.weigh !== undefined)
      this.#weight = new CollectorWeight((bytes) => {
        if (!this.#disposed) binding.weigh!(bytes)
      })
    this.#codes = new Map(binding.operations.map((name, code) => [name, code]))
  }

  /** Names of all operations that this engine has. */
  get operations(): readonly string[] {
    return this.#binding.operations
  }

  /** Code of an operation, undefined when the engine has none of that name. */
  operationCode(name: string): number | undefined {
    return this.#codes.get(name)
  }

  get instructionSet(): string {
    return this.#binding.instructionSet
  }

  /**
   * Runs one operation → handles of its outputs. `attributes` are the words that the kernel documents; float64
   * attributes take two (see `AttributeWords`). `patches` are those of the attributes that a recording must not take
   * for constant. Throws an `EngineError` that says what was refused.
   */
  run(
    code: number,
    attributes: ArrayLike<number>,
    inputs: readonly EngineOperand[],
    outputs: readonly EngineSpec[],
    patches?: readonly AttributePatch[],
  ): number[] {
    this.#assertAlive()
    const queued = this.#queued
    let words = headerWords + attributes.length + (queued.length === 0 ? 0 : queued.length + 2)
    for (let i = 0; i < inputs.length; i++) words += 3 + inputs[i]!.shape.length
    for (let i = 0; i < outputs.length; i++) words += 3 + outputs[i]!.shape.length
    const program = this.#binding.program(words)
    let at = queued.length === 0 ? 0 : this.#encodeFrees(program)
    const start = at
    program[at] = code
    program[at + 2] = attributes.length
    program[at + 3] = inputs.length
    program[at + 4] = outputs.length
    at += headerWords
    for (let i = 0; i < attributes.length; i++) program[at++] = attributes[i]!
    for (let i = 0; i < inputs.length; i++) at = encodeSpec(program, at, inputs[i]!.handle as number, inputs[i]!)
    const handles: number[] = []
    for (let i = 0; i < outputs.length; i++) {
      const id = this.#takeId()
      handles.push(id)
      at = encodeSpec(program, at, id, outputs[i]!)
    }
    program[start + 1] = at - start
    const status = this.#binding.execute(at)
    if (status !== 0) {
      for (const id of handles) this.#freeIds.push(id)
      throw this.#refusal(status)
    }
    // the program's memory may have moved while the engine ran
    this.#recording?.ran(this.#binding.program(at).subarray(start, at), patches)
    return handles
  }

  /**
   * Writes down, from here to `endRecording`, what `run` does, so that it can be replayed with other buffers in the
   * place of `inputs`. One recording at a time.
   */
  startRecording(inputs: readonly number[]): void {
    this.#assertAlive()
    if (this.#recording !== undefined)
      throw new EngineError('bad-command', 'startRecording: a recording is under way; end it first')
    this.#recording = new EngineRecording(inputs, this.#codes.get('broadcastTo')!)
  }

  /** Ends the recording → a plan whose replays give these buffers, which are distinct, alive and no inputs. */
  endRecording(outputs: readonly EngineOperand[]): EnginePlan {
    const recording = this.#recording
    const copy = this.#codes.get('broadcastTo')!
    if (recording === undefined) throw new EngineError('bad-command', 'endRecording: no recording is under way')
    try {
      this.#recording = undefined
      const program = recording.finish(outputs, (output) => this.run(copy, [], [output], [output])[0]!)
      this.#binding.program(program.words.length).set(program.words)
      const number = this.#binding.compile(program.words.length)
      if (number < 0) throw this.#refusal(-number)
      const plan = new EnginePlan(this, number, program)
      for (const buffer of program.foreign) {
        const readers = this.#readers.get(buffer)
        if (readers === undefined) this.#readers.set(buffer, new Set([plan]))
        else readers.add(plan)
      }
      return plan
    } catch (error) {
      for (const buffer of recording.owned) this.free(buffer)
      throw error
    }
  }

  /** Ends the recording, if one is under way, without a plan. */
  abortRecording(): void {
    const owned = this.#recording?.owned
    this.#recording = undefined
    for (const buffer of owned ?? []) this.free(buffer)
  }

  /** True while recording, for a buffer whose contents would be others in a replay. */
  isChanging(handle: number): boolean {
    return this.#recording?.isChanging(handle) ?? false
  }

  /** Internal: use `plan.replay`. */
  replay({ number, program, isStale }: EnginePlan, inputs: readonly number[]): number[] {
    if (isStale || inputs.length !== program.inputs) {
      throw new EngineError(
        'bad-command',
        isStale
          ? 'replay: a buffer that the recording read is gone, or the plan was disposed of; record again'
          : `replay: the recording has ${program.inputs} inputs, got ${inputs.length}`,
      )
    }
    this.flush()
    const words = this.#binding.program(program.patchWords + program.inputs + program.outputs)
    let at = 0
    for (const patch of program.patches) {
      patch.write(words, at)
      at += patch.count
    }
    for (let i = 0; i < inputs.length; i++) words[at++] = inputs[i]!
    const handles: number[] = []
    for (let i = 0; i < program.outputs; i++) {
      const id = this.#takeId()
      handles.push(id)
      words[at++] = id
    }
    const status = this.#binding.replay(number, at)
    if (status !== 0) {
      for (const id of handles) this.#freeIds.push(id)
      throw this.#refusal(status)
    }
    return handles
  }

  /** Internal: use `plan.dispose`. */
  discard(plan: EnginePlan): void {
    if (this.#disposed || plan.isDisposed) return
    for (const buffer of plan.program.foreign) {
      const readers = this.#readers.get(buffer)
      readers?.delete(plan)
      if (readers?.size === 0) this.#readers.delete(buffer)
    }
    this.#binding.discard(plan.number)
    for (const buffer of plan.program.owned) this.free(buffer)
  }

  /** Copies host values into a new buffer. */
  write(values: EngineArray): number {
    this.flush()
    const id = this.#takeId()
    const status = this.#binding.write(id, values)
    if (status !== 0) {
      this.#freeIds.push(id)
      throw this.#refusal(status)
    }
    this.#recording?.wrote(id)
    return id
  }

  /** Copies a buffer into `into`, which must have its size; returns `into`. */
  read<Values extends EngineArray>(handle: number, into: Values): Values {
    this.#assertAlive()
    const bytes = this.#binding.read(handle, into)
    if (bytes < 0) throw new EngineError('unknown-buffer', `read: buffer ${handle} is not alive`, { buffer: handle })
    if (bytes !== into.byteLength) {
      throw new EngineError(
        'size-mismatch',
        `read: buffer ${handle} holds ${bytes} bytes, the array given ${into.byteLength}`,
        {
          buffer: handle,
          expectedBytes: into.byteLength,
          actualBytes: bytes,
        },
      )
    }
    return into
  }

  /** Gives a buffer back. Its memory is reused by the operations that follow. */
  free(handle: number): void {
    if (this.#disposed || this.#recording?.freed(handle) === true) return
    if (this.#readers.size > 0) {
      for (const plan of this.#readers.get(handle) ?? []) plan.isStale = true
      this.#readers.delete(handle)
    }
    this.#queued.push(handle)
    this.#freeIds.push(handle)
    if (this.#queued.length >= frequentFlush) this.flush()
  }

  /**
   * Says that buffers of so many bytes more (fewer, where negative) will be freed only when the garbage collector finds
   * the objects that hold them. In Node.js it learns what they weigh, and looks in time; elsewhere this does nothing.
   */
  awaitCollection(bytes: number): void {
    this.#weight?.add(bytes)
  }

  /** Sends queued frees. */
  flush(): void {
    this.#assertAlive()
    if (this.#queued.length === 0) return
    const words = this.#encodeFrees(this.#binding.program(this.#queued.length + 2))
    const status = this.#binding.execute(words)
    if (status !== 0) throw this.#refusal(status)
  }

  memory(): EngineMemory {
    this.flush()
    this.#binding.counters(this.#details)
    const [buffers, bytes, peakBytes, pooledBytes] = this.#details as unknown as [number, number, number, number]
    return { buffers, bytes, peakBytes, pooledBytes }
  }

  resetPeak(): void {
    this.flush()
    this.#binding.resetPeak()
  }

  /** Returns pooled memory to the system. */
  trim(): void {
    this.flush()
    this.#binding.trim()
  }

  /** Ends the engine's threads and gives all its memory back; every later call is an error. */
  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    this.#binding.dispose()
  }

  #assertAlive(): void {
    if (this.#disposed) throw new EngineError('engine-disposed', 'this engine was disposed of; create another one')
  }

  #takeId(): number {
    return this.#freeIds.pop() ?? this.#nextId++
  }

  #encodeFrees(program: Int32Array): number {
    const queued = this.#queued
    program[0] = 0
    program[1] = queued.length + 2
    for (let i = 0; i < queued.length; i++) program[i + 2] = queued[i]!
    queued.length = 0
    return program[1]
  }

  #refusal(status: number): EngineError {
    this.#binding.error(this.#details)
    const [code, a, b, c] = this.#details as unknown as [number, number, number, number]
    const what = code === -1 ? 'write' : code === -2 ? 'replay' : this.#binding.operations[code]
    return engineError(status, what ?? `operation ${code}`, [a, b, c])
  }
}
