import { LemanicError } from '@lemanic/tensor-core'

/** The error of a folder that cannot be read as a model: names the file and the field. */
export function checkpointError(where: string, message: string, help?: string, cause?: unknown): LemanicError {
  return new LemanicError('unsupported-checkpoint', `${where}: ${message}`, {
    fields: { where },
    ...(help === undefined ? {} : { help }),
    ...(cause === undefined ? {} : { cause }),
  })
}

/** The fields of a config.json, each checked as it is read. */
export class ConfigFields {
  constructor(
    private readonly fields: Readonly<Record<string, unknown>>,
    readonly where: string,
  ) {}

  /** Parses a file's text; throws `unsupported-checkpoint` unless it is an object. */
  static parse(text: string, where: string): ConfigFields {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (cause) {
      throw checkpointError(where, `expected JSON (${(cause as Error).message})`, undefined, cause)
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw checkpointError(where, 'expected an object of fields')
    return new ConfigFields(value as Record<string, unknown>, where)
  }

  /** All fields. */
  get all(): Record<string, unknown> {
    return { ...this.fields }
  }

  /** The value as it stands; absent and null are undefined. */
  get(name: string): unknown {
    return this.fields[name] ?? undefined
  }

  number(name: string, otherwise?: number): number {
    const value = this.get(name) ?? otherwise
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.wrong(name, 'a number', value)
    return value
  }

  boolean(name: string, otherwise: boolean): boolean {
    const value = this.get(name) ?? otherwise
    if (typeof value !== 'boolean') throw this.wrong(name, 'true or false', value)
    return value
  }

  /** The value that a word of the file stands for. */
  choice<Value>(name: string, choices: Readonly<Record<string, Value>>, otherwise?: string): Value {
    const word = this.get(name) ?? otherwise
    if (typeof word !== 'string' || !Object.hasOwn(choices, word))
      throw this.wrong(name, `one of ${Object.keys(choices).join(', ')}`, word)
    return choices[word]!
  }

  /** An object of fields, or undefined. */
  object(name: string): ConfigFields | undefined {
    const value = this.get(name)
    if (value === undefined) return undefined
    if (typeof value !== 'object' || Array.isArray(value)) throw this.wrong(name, 'an object', value)
    return new ConfigFields(value as Record<string, unknown>, `${this.where}, ${name}`)
  }

  /** Throws unless the field is absent or has this value. */
  expect(name: string, value: unknown): void {
    const got = this.get(name)
    if (got !== undefined && got !== value) throw this.wrong(name, JSON.stringify(value), got)
  }

  wrong(name: string, expected: string, got: unknown): LemanicError {
    return checkpointError(this.where, `${name}: expected ${expected}, got ${JSON.stringify(got) ?? 'nothing'}`)
  }
}
