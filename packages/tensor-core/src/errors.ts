const marker = Symbol.for('lemanic.error')

/** What every Lemanic error carries besides its message. */
export interface ErrorDetails {
  /** Machine-readable facts: names, shapes, limits. */
  readonly fields?: Readonly<Record<string, unknown>>
  /** What to try; printed on its own line. */
  readonly help?: string
  readonly cause?: unknown
}

/**
 * Base class of all errors that Lemanic throws on purpose: bad input, impossible options, files that cannot be read.
 * `code` is stable; `message` says what was expected, what came and where.
 */
export class LemanicError extends Error {
  readonly code: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly help: string | undefined

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(details.help === undefined ? message : `${message}\n  help: ${details.help}`, { cause: details.cause })
    this.name = 'LemanicError'
    this.code = code
    this.fields = details.fields ?? {}
    this.help = details.help
    Object.defineProperty(this, marker, { value: true })
  }

  /** True for a Lemanic error of any installed copy of the package, optionally of one code. */
  static isInstance(value: unknown, code?: string): value is LemanicError {
    if (typeof value !== 'object' || value === null || !(marker in value)) return false
    return code === undefined || (value as unknown as LemanicError).code === code
  }
}

/** Shapes or dtypes that an operation cannot take. */
export function shapeError(
  operation: string,
  message: string,
  fields: Readonly<Record<string, unknown>> = {},
): LemanicError {
  return new LemanicError('invalid-shape', `${operation}: ${message}`, { fields: { operation, ...fields } })
}

/** An option or argument that is unknown or impossible. */
export function argumentError(where: string, message: string, details: ErrorDetails = {}): LemanicError {
  return new LemanicError('invalid-argument', `${where}: ${message}`, details)
}
