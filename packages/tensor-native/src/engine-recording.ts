import type { AttributePatch } from './attribute-words.js'
import type { RecordedProgram } from './engine-plan.js'
import { elementBytes, encodeSpec, type EngineOperand } from './engine-spec.js'

/** As native/plan.h numbers them. */
const kinds = { temporary: 0, input: 1, output: 2, constant: 3 } as const

/** What depends on constants alone is kept from the recorded run, up to this size, and not computed again. */
const keptBytes = 65536

interface RecordedCommand {
  /** As the engine ran it, but with numbers of values in the place of buffers. */
  readonly words: Int32Array
  readonly patches: readonly AttributePatch[] | undefined
}

interface RecordedValue {
  kind: number
  /** Which input or output, or the buffer of a constant. */
  number: number
  /** The command that makes it; undefined for inputs, host values and what was there before. */
  readonly command: number | undefined
}

/**
 * Writes down what an engine does while it does it. Buffers get numbers of values, since the engine uses the number of
 * a buffer again when it is free. When the run freed its buffers is of no interest: a plan finds its own lifetimes.
 */
export class EngineRecording {
  readonly #inputs: readonly number[]
  readonly #copyCode: number
  readonly #values: RecordedValue[] = []
  readonly #current = new Map<number, number>()
  readonly #commands: RecordedCommand[] = []
  /** Buffers whose owner has freed them although the program reads them: it holds them from now on. */
  readonly owned = new Set<number>()

  /** `copyCode` is the operation that copies one buffer to another (of the same shape). */
  constructor(inputs: readonly number[], copyCode: number) {
    this.#inputs = inputs
    this.#copyCode = copyCode
    inputs.forEach((buffer, i) => {
      if (!this.#current.has(buffer)) this.#add(buffer, { kind: kinds.input, number: i, command: undefined })
    })
  }

  /** `command` is one that ran, from its code to its last operand; its memory stays the caller's. */
  ran(command: Int32Array, patches: readonly AttributePatch[] | undefined): void {
    const words = command.slice()
    const [, , attributes, inputs, outputs] = words as unknown as [number, number, number, number, number]
    let at = 5 + attributes
    let isConstant = patches === undefined
    let bytes = 0
    for (let i = 0; i < inputs; i++) {
      const value = this.#current.get(words[at]!) ?? this.#constant(words[at]!)
      isConstant &&= this.#values[value]!.kind === kinds.constant
      words[at] = value
      at += 3 + words[at + 2]!
    }
    const made: number[] = []
    for (let i = 0; i < outputs; i++) {
      let size = elementBytes[words[at + 1]!]!
      for (let axis = 0; axis < words[at + 2]!; axis++) size *= words[at + 3 + axis]!
      bytes += size
      const buffer = words[at]!
      words[at] = this.#add(buffer, { kind: kinds.temporary, number: buffer, command: this.#commands.length })
      made.push(words[at]!)
      at += 3 + words[at + 2]!
    }
    this.#commands.push({ words, patches })
    if (isConstant && bytes <= keptBytes) for (const value of made) this.#values[value]!.kind = kinds.constant
  }

  /** Host values became a buffer: the same ones at every replay. */
  wrote(buffer: number): void {
    this.#constant(buffer)
  }

  /** True when the buffer must stay although its owner frees it. */
  freed(buffer: number): boolean {
    const value = this.#current.get(buffer)
    if (value === undefined) return false
    if (this.#values[value]!.kind === kinds.constant) {
      this.owned.add(buffer)
      return true
    }
    this.#current.delete(buffer)
    return false
  }

  /** True for a buffer whose contents would be others in a replay. */
  isChanging(buffer: number): boolean {
    const value = this.#current.get(buffer)
    return value !== undefined && this.#values[value]!.kind !== kinds.constant
  }

  /**
   * The program that makes these buffers, which must be distinct, alive and no inputs. `copyOf` makes a buffer with the
   * contents of another.
   */
  finish(outputs: readonly EngineOperand[], copyOf: (original: EngineOperand) => number): RecordedProgram {
    outputs.forEach((output, i) => {
      const number = this.#current.get(output.handle as number)
      const value = number === undefined ? undefined : this.#values[number]!
      if (number !== undefined && (value?.kind === kinds.temporary || value?.command !== undefined))
        this.#values[number] = { ...value, kind: kinds.output, number: i }
      else this.#copy(output, copyOf(output), i)
    })
    return this.#encode(outputs.length)
  }

  /** Host values as output `i`: whoever gets an output may dispose it, so that each replay copies what the plan keeps. */
  #copy(spec: EngineOperand, kept: number, i: number): void {
    const constant = this.#constant(kept)
    this.owned.add(kept)
    const words = new Int32Array(5 + 2 * (3 + spec.shape.length))
    words.set([this.#copyCode, words.length, 0, 1, 1])
    const made = this.#values.push({ kind: kinds.output, number: i, command: this.#commands.length }) - 1
    encodeSpec(words, encodeSpec(words, 5, constant, spec), made, spec)
    this.#commands.push({ words, patches: undefined })
  }

  #encode(outputs: number): RecordedProgram {
    // commands whose results are constants have done their work; those without any are there for what they change
    const hasWork = new Set(this.#values.filter(({ kind }) => kind !== kinds.constant).map(({ command }) => command))
    const commands = this.#commands.filter(({ words }, index) => hasWork.has(index) || words[4] === 0)
    const patches = commands.flatMap((command) => command.patches ?? [])
    const places = commands.flatMap((command, index) =>
      (command.patches ?? []).flatMap(({ at, count }) => Array.from({ length: count }, (_, i) => [index, at + i])),
    )
    const words = Int32Array.from([
      ...[this.#values.length, this.#inputs.length, outputs, places.length],
      ...this.#values.flatMap(({ kind, number }) => [kind, kind === kinds.temporary ? 0 : number]),
      ...places.flat(),
      ...commands.flatMap((command) => [...command.words]),
    ])
    const constants = new Set(this.#values.filter(({ kind }) => kind === kinds.constant).map(({ number }) => number))
    return {
      words,
      patches,
      patchWords: places.length,
      inputs: this.#inputs.length,
      outputs,
      owned: [...this.owned],
      foreign: [...constants].filter((buffer) => !this.owned.has(buffer)),
    }
  }

  #constant(buffer: number): number {
    return this.#add(buffer, { kind: kinds.constant, number: buffer, command: undefined })
  }

  #add(buffer: number, value: RecordedValue): number {
    this.#current.set(buffer, this.#values.length)
    return this.#values.push(value) - 1
  }
}
