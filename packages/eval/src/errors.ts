const brand = Symbol.for('@lemanic/eval/error')

/** What went wrong, for a program to switch on. */
export type EvalErrorCode =
  | 'invalid-sample'
  | 'invalid-option'
  | 'invalid-study'
  | 'invalid-results'
  | 'unknown-name'
  | 'run-failed'
  | 'run-aborted'
  | 'store-failed'
  | 'worker-failed'

/**
 * The one error class of this package: a code for programs, a message for people, and the values behind both.
 *
 * The message says what was expected, what came, where, and what to try. `fields` repeats the same facts as data.
 */
export class EvalError extends Error {
  readonly code: EvalErrorCode
  readonly fields: Readonly<Record<string, unknown>>
  /** Marks instances across duplicate installs of this package. */
  readonly [brand] = true

  constructor(
    code: EvalErrorCode,
    message: string,
    fields: Readonly<Record<string, unknown>> = {},
    options?: { cause?: unknown },
  ) {
    super(message, options)
    this.name = 'EvalError'
    this.code = code
    this.fields = fields
  }

  /** True for an `EvalError` of any installed copy of this package. */
  static isInstance(value: unknown): value is EvalError {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true
  }
}
