import { LemanicError } from '@lemanic/tensor-core'

/** The error of an option or argument that is impossible. */
export function argumentError(
  where: string,
  message: string,
  details: { readonly fields?: Readonly<Record<string, unknown>>; readonly help?: string } = {},
): LemanicError {
  return new LemanicError('invalid-argument', `${where}: ${message}`, details)
}

/** Throws unless a number is acceptable. */
export function checkNumber(
  where: string,
  option: string,
  value: number,
  isGood: (value: number) => boolean,
  expected: string,
): void {
  if (typeof value === 'number' && !Number.isNaN(value) && isGood(value)) return
  throw argumentError(where, `${option}: expected ${expected}, got ${String(value)}`, { fields: { option, value } })
}

/** Throws unless a number is whole and at least `from`. */
export function checkWhole(where: string, option: string, value: number, from: number): void {
  checkNumber(where, option, value, (x) => Number.isSafeInteger(x) && x >= from, `a whole number ≥ ${from}`)
}

/** Throws unless a number is a share of something, above 0 and up to 1. */
export function checkFraction(where: string, option: string, value: number): void {
  checkNumber(where, option, value, (x) => x > 0 && x <= 1, 'a number above 0 and at most 1')
}

/** Throws unless a value is one of a list. */
export function checkChoice(where: string, option: string, value: unknown, choices: readonly string[]): void {
  if (typeof value === 'string' && choices.includes(value)) return
  throw argumentError(where, `${option}: expected one of ${choices.join(', ')}, got ${String(value)}`)
}

/** Throws when an options object holds names that are not known. */
export function checkOptions(where: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    throw argumentError(where, `unknown option "${name}"`, { help: `known are ${known.join(', ')}` })
  }
}
