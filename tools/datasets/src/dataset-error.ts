// The marker of LemanicError, so that a command line prints these errors as it prints those of the packages.
const marker = Symbol.for('lemanic.error')

/** What went wrong, for a program to switch on. */
export type DatasetErrorCode =
  | 'unknown-data-set'
  | 'data-set-missing'
  | 'data-set-broken'
  | 'source-failed'
  | 'invalid-file'
  | 'unsupported-file'
  | 'command-missing'

/** The error of everything in this tool: `message` says what was expected, what came and where, then what to try. */
export class DatasetError extends Error {
  readonly code: DatasetErrorCode
  readonly fields: Readonly<Record<string, unknown>>
  readonly help: string | undefined

  constructor(
    code: DatasetErrorCode,
    message: string,
    details: { fields?: Readonly<Record<string, unknown>>; help?: string | undefined; cause?: unknown } = {},
  ) {
    super(details.help === undefined ? message : `${message}\n  help: ${details.help}`, { cause: details.cause })
    this.name = 'DatasetError'
    this.code = code
    this.fields = details.fields ?? {}
    this.help = details.help
    Object.defineProperty(this, marker, { value: true })
  }
}
