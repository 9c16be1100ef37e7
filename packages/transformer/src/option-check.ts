import { LemanicError } from '@lemanic/tensor-core'

/** The error of an option that cannot be: names it, what was expected, what came. */
export function optionError(option: string, expected: string, got: unknown, help?: string): LemanicError {
  return new LemanicError('invalid-option', `${option}: expected ${expected}, got ${describe(got)}`, {
    fields: { option, expected, got },
    ...(help === undefined ? {} : { help }),
  })
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return String(value)
}

/** Throws unless the value is a plain record whose keys are all in `known`. */
export function checkKeys(where: string, value: unknown, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw optionError(where, 'an object of options', value)
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      throw new LemanicError('unknown-option', `${where}.${key}: there is no such option`, {
        fields: { option: `${where}.${key}`, known },
        help: `the options are ${known.join(', ')}`,
      })
    }
  }
}

export function checkWhole(option: string, value: unknown, minimum: number): void {
  if (!Number.isSafeInteger(value) || (value as number) < minimum)
    throw optionError(option, `a whole number of at least ${minimum}`, value)
}

export function checkPositive(option: string, value: unknown): void {
  if (!Number.isFinite(value) || (value as number) <= 0) throw optionError(option, 'a number above 0', value)
}

export function checkBoolean(option: string, value: unknown): void {
  if (typeof value !== 'boolean') throw optionError(option, 'true or false', value)
}

export function checkChoice(option: string, value: unknown, choices: readonly string[]): void {
  if (!choices.includes(value as string))
    throw optionError(option, `one of ${choices.map((choice) => `"${choice}"`).join(', ')}`, value)
}
