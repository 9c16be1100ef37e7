import { argumentError } from '../errors.js'
import { recordingDepth } from '../recording.js'
import { flatten, type FlatArguments } from './arguments.js'
import { RecordedStep } from './recorded-step.js'
import { isCompiling } from './session.js'

export interface CompileOptions {
  /** Recordings kept for arguments of different forms; the one used longest ago goes first. Default 8. */
  readonly recordings?: number
}

/** What became of a compiled step. */
export interface CompileReport {
  /** Calls that were replayed. */
  readonly replays: number
  /** Calls that ran eagerly and were recorded: the first, and one for each other form of arguments. */
  readonly recordings: number
  /** Calls that ran eagerly without being recorded. */
  readonly eager: number
  /** Why the newest recording failed, or why none was tried; undefined while all is well. */
  readonly reason: string | undefined
}

export interface CompiledStep<Values extends readonly unknown[], Result> {
  (...values: Values): Result
  report(): CompileReport
  /** Gives back what the recordings hold; later calls run eagerly. */
  dispose(): void
}

/** Recordings in a row that were of no use, after which a step is left alone. */
const patience = 16

/**
 * Makes a step that is recorded once and then replayed by the engine, with planned memory and no JavaScript in between;
 * bit-equal to the eager step. Arguments are tensors, random keys, `dynamic(number)`s and plain data around them. What a
 * tensor holds, a key and a dynamic number may differ from call to call; other shapes or other plain values (a
 * number, a name) are recorded anew. The result is tensors and plain data, owned by the caller as if `step` had made it.
 *
 * The step must be pure: what it does depends on its arguments alone, and it is not called at a replay. Tensors and
 * numbers that it takes from outside are constants of the recording. Reading a value in JavaScript (`item`, `data`, the
 * words of a key, a dynamic number in arithmetic) ends the recording: the step runs eagerly, and `report().reason`
 * says why. So does a backend that cannot record (`cpu`, `tensorflow`), and a call inside a gradient function.
 *
 *     const step = compile((params: Params, x: Tensor, rate: Scalar) => …)
 *     step(params, x, dynamic(0.1))
 */
export function compile<Values extends readonly unknown[], Result>(
  step: (...values: Values) => Result,
  options: CompileOptions = {},
): CompiledStep<Values, Result> {
  const { recordings: limit = 8 } = options
  if (!Number.isInteger(limit) || limit < 1)
    throw argumentError('compile', `recordings: expected a whole number ≥ 1, got ${String(limit)}`)
  /** Newest use first. */
  const kept: RecordedStep[] = []
  let [replays, recordings, eager, useless] = [0, 0, 0, 0]
  let reason: string | undefined
  let isDisposed = false

  const find = (flat: FlatArguments): RecordedStep | undefined => {
    for (let i = 0; i < kept.length; i++) {
      const recorded = kept[i]!
      if (recorded.isStale) {
        kept.splice(i--, 1)
        recorded.dispose()
        reason = 'a tensor that the step takes from outside was disposed of; pass it as an argument'
      } else if (recorded.fits(flat)) {
        if (i > 0) kept.unshift(...kept.splice(i, 1))
        return recorded
      }
    }
    return undefined
  }

  const runEagerly = (values: Values, why?: string): Result => {
    eager++
    reason = why ?? reason
    return step(...values)
  }

  const compiled = (...values: Values): Result => {
    // part of a larger recording, or of a gradient
    if (isDisposed || isCompiling() || recordingDepth() > 0) return runEagerly(values)
    if (useless >= patience) return runEagerly(values)
    const flat = flatten(values)
    if (typeof flat === 'string') return runEagerly(values, flat)
    const recorded = find(flat)
    if (recorded !== undefined) {
      replays++
      useless = 0
      reason = undefined
      return recorded.replay(flat) as Result
    }
    const backend = flat.tensors[0]?.backend
    if (backend === undefined) return runEagerly(values, 'no argument is a tensor')
    if (backend.recorder === undefined) return runEagerly(values, `backend "${backend.name}" cannot record`)
    if (flat.tensors.some((tensor) => tensor.backend !== backend)) return runEagerly(values)
    const run = RecordedStep.record(step, values, flat, backend)
    useless++
    if (typeof run.recorded === 'string') {
      eager++
      reason = run.recorded
      return run.result
    }
    recordings++
    if (useless >= patience) {
      reason = `${patience} calls in a row had arguments of a new form`
      run.recorded.dispose()
      return run.result
    }
    reason = undefined
    kept.unshift(run.recorded)
    while (kept.length > limit) kept.pop()!.dispose()
    return run.result
  }

  return Object.assign(compiled, {
    report: (): CompileReport => ({ replays, recordings, eager, reason }),
    dispose: (): void => {
      isDisposed = true
      for (const recorded of kept.splice(0)) recorded.dispose()
    },
  })
}
