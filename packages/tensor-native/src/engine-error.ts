const marker = Symbol.for('lemanic.engine-error')

export type EngineErrorCode =
  | 'engine-missing'
  | 'engine-outdated'
  | 'engine-disposed'
  | 'out-of-memory'
  | 'memory-limit'
  | 'bad-command'
  | 'unknown-buffer'
  | 'buffer-in-use'
  | 'size-mismatch'
  | 'index-out-of-range'
  | 'unsupported'

/** What the engine refuses, with a stable `code` and the numbers in `fields`. */
export class EngineError extends Error {
  readonly code: EngineErrorCode
  readonly fields: Readonly<Record<string, unknown>>

  constructor(code: EngineErrorCode, message: string, fields: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'EngineError'
    this.code = code
    this.fields = fields
    Object.defineProperty(this, marker, { value: true })
  }

  /** True for an engine error of any installed copy of the package, optionally of one code. */
  static isInstance(value: unknown, code?: EngineErrorCode): value is EngineError {
    if (typeof value !== 'object' || value === null || !(marker in value)) return false
    return code === undefined || (value as unknown as EngineError).code === code
  }
}

const dtypeNames = ['float32', 'int32', 'bool', 'bfloat16', 'float16']
const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

/** The error of a status (native/engine.h) with its three details. */
export function engineError(
  status: number,
  operation: string,
  [a, b, c]: readonly [number, number, number],
): EngineError {
  const error = (code: EngineErrorCode, message: string, fields: Readonly<Record<string, unknown>>): EngineError =>
    new EngineError(code, `${operation}: ${message}`, { operation, ...fields })
  switch (status) {
    case 1:
      return error('out-of-memory', `the system gave no ${mebibytes(a)}; free tensors or make the batch smaller`, {
        bytes: a,
      })
    case 2:
      return error(
        'memory-limit',
        `${mebibytes(a)} more would pass the memory limit of ${mebibytes(c)} (${mebibytes(b)} live); free tensors or raise memoryLimit`,
        { bytes: a, liveBytes: b, memoryLimit: c },
      )
    case 4:
      return error('unknown-buffer', `buffer ${a} is not alive; it was freed before or belongs to another engine`, {
        buffer: a,
      })
    case 5:
      return error('buffer-in-use', `buffer ${a} exists already`, { buffer: a })
    case 6:
      return error('size-mismatch', `buffer ${a} holds ${c} bytes, the shape given needs ${b}`, {
        buffer: a,
        expectedBytes: b,
        actualBytes: c,
      })
    case 7:
      return error('index-out-of-range', `index ${a} at position ${c} is outside 0 … ${b - 1}`, {
        index: a,
        size: b,
        position: c,
      })
    case 8:
      return error(
        'unsupported',
        `operand ${a} is ${dtypeNames[b] ?? `dtype ${b}`}, which this operation does not take; cast it first`,
        { operand: a, dtype: dtypeNames[b] },
      )
    default:
      return error('bad-command', `the command does not fit the operation (word or operand ${a})`, { position: a })
  }
}
