const marker = Symbol.for('@lemanic/data-curation/error')

/** What went wrong, for a program to switch on. */
export type CurationErrorCode = 'invalid-argument' | 'unreadable-source' | 'invalid-record'

/** The error of this package: a stable code, the facts as fields, and a message with what to try on its own line. */
export class CurationError extends Error {
  readonly code: CurationErrorCode
  readonly fields: Readonly<Record<string, unknown>>

  constructor(
    code: CurationErrorCode,
    message: string,
    {
      fields = {},
      help,
      cause,
    }: { readonly fields?: Readonly<Record<string, unknown>>; readonly help: string; readonly cause?: unknown },
  ) {
    super(`${message}\n  help: ${help}`, { cause })
    this.name = 'CurationError'
    this.code = code
    this.fields = fields
    Object.defineProperty(this, marker, { value: true })
  }

  /** True for an error of any installed copy of the package, optionally of one code. */
  static isInstance(value: unknown, code?: CurationErrorCode): value is CurationError {
    if (typeof value !== 'object' || value === null || !(marker in value)) return false
    return code === undefined || (value as unknown as CurationError).code === code
  }
}
