import type { Backend, KeyWords, Spec, StepPlan } from '../backend.js'
import type { RandomKey } from '../random/key.js'
import { scope } from '../scope.js'
import { shapesEqual } from '../shape.js'
import { type FlatArguments, sameStatics, withTraced } from './arguments.js'
import { DynamicNumber, type ReplayClock } from './dynamic-number.js'
import { recordResult, type RecordedResult } from './recorded-result.js'
import { compiling } from './session.js'
import { TracedKey } from './traced-key.js'

/** One recording of a step, good for arguments of one form. */
export class RecordedStep {
  readonly #plan: StepPlan
  readonly #result: RecordedResult
  readonly #specs: readonly Spec[]
  readonly #statics: readonly unknown[]
  /** Pairs of inputs that were one buffer when this was recorded. */
  readonly #shared: readonly (readonly [number, number])[]
  readonly #inputs: ChangingInputs

  private constructor(plan: StepPlan, result: RecordedResult, flat: FlatArguments, inputs: ChangingInputs) {
    this.#plan = plan
    this.#result = result
    this.#inputs = inputs
    this.#statics = flat.statics
    this.#specs = flat.tensors.map(({ shape, dtype }) => ({ shape, dtype }))
    const handles = flat.tensors.map(({ handle }) => handle)
    this.#shared = handles.flatMap((handle, i) => {
      const first = handles.indexOf(handle)
      return first < i ? [[first, i] as const] : []
    })
  }

  /**
   * Runs a step eagerly and records it. A string in the place of the recording says why it cannot be replayed; the
   * result is good in any case.
   */
  static record<Values extends readonly unknown[], Result>(
    step: (...values: Values) => Result,
    values: Values,
    flat: FlatArguments,
    backend: Backend,
  ): { result: Result; recorded: RecordedStep | string } {
    const recorder = backend.recorder!
    const inputs = new ChangingInputs(flat)
    const traced = (inputs.isEmpty ? values : withTraced(values, inputs.keys, inputs.numbers)) as Values
    recorder.start(flat.tensors.map(({ handle }) => handle))
    try {
      const { result, reason } = compiling(() => scope(() => step(...traced)))
      const form = reason ?? recordResult(result, flat.tensors, backend)
      if (typeof form === 'string') return { result, recorded: form }
      const plan = recorder.finish(form.outputs)
      return { result, recorded: new RecordedStep(plan, form, flat, inputs) }
    } finally {
      recorder.abort()
    }
  }

  get isStale(): boolean {
    return this.#plan.isStale
  }

  fits({ tensors, statics }: FlatArguments): boolean {
    const specs = this.#specs
    if (tensors.length !== specs.length || !sameStatics(statics, this.#statics)) return false
    for (let i = 0; i < specs.length; i++) {
      const [tensor, spec] = [tensors[i]!, specs[i]!]
      if (tensor.dtype !== spec.dtype || !shapesEqual(tensor.shape, spec.shape)) return false
    }
    return this.#shared.every(([a, b]) => tensors[a]!.handle === tensors[b]!.handle)
  }

  replay(flat: FlatArguments): unknown {
    this.#inputs.set(flat)
    const handles = this.#plan.replay(flat.tensors.map(({ handle }) => handle))
    return this.#result.build(handles, flat.tensors)
  }

  dispose(): void {
    this.#plan.dispose()
  }
}

/** Keys and numbers of the call under way, which a recording reads through stand-ins. */
class ChangingInputs {
  readonly #clock: ReplayClock = { now: 0 }
  #current: Pick<FlatArguments, 'keys' | 'numbers'>
  readonly keys: readonly RandomKey[]
  readonly numbers: readonly DynamicNumber[]

  constructor(flat: FlatArguments) {
    this.#current = { keys: flat.keys, numbers: flat.numbers }
    this.keys = flat.keys.map((_, i) => new TracedKey(() => wordsOf(this.#current.keys[i]!), this.#clock))
    this.numbers = flat.numbers.map((_, i) => new DynamicNumber(() => this.#current.numbers[i]!.peek(), this.#clock))
  }

  get isEmpty(): boolean {
    return this.keys.length === 0 && this.numbers.length === 0
  }

  set({ keys, numbers }: FlatArguments): void {
    this.#current = { keys, numbers }
    this.#clock.now++
  }
}

const wordsOf = (key: RandomKey): KeyWords => (key instanceof TracedKey ? key.peek() : key.words)
