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

/** Throws unless a number is whole and within bounds. */
export function checkWhole(where: string, option: string, value: number, from: number, to = Infinity): void {
  const range = to === Infinity ? `≥ ${from}` : `from ${from} to ${to}`
  checkNumber(where, option, value, (x) => Number.isInteger(x) && x >= from && x <= to, `a whole number ${range}`)
}

/** Throws when an options object holds names that are not known. */
export function checkOptions(where: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    throw argumentError(where, `unknown option "${name}"`, { help: `known are ${known.join(', ')}` })
  }
}
