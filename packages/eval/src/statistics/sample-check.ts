import { EvalError } from '../errors.js'

/** Which tail of a distribution counts as evidence: as in SciPy, seen from the first sample. */
export type Alternative = 'two-sided' | 'less' | 'greater'

/** Refuses a sample that is too short or holds a value that is not a finite number. */
export function checkSample(where: string, name: string, values: readonly number[], minimum: number): void {
  if (!Array.isArray(values) && !ArrayBuffer.isView(values)) {
    throw new EvalError(
      'invalid-sample',
      `${where}: expected \`${name}\` to be an array of numbers, got ${typeof values}.`,
      {
        where,
        name,
      },
    )
  }
  if (values.length < minimum) {
    throw new EvalError(
      'invalid-sample',
      `${where}: expected at least ${minimum} values in \`${name}\`, got ${values.length}. Add observations (seeds).`,
      { where, name, minimum, length: values.length },
    )
  }
  for (let index = 0; index < values.length; index++) {
    if (!Number.isFinite(values[index])) {
      throw new EvalError(
        'invalid-sample',
        `${where}: expected finite numbers in \`${name}\`, got ${String(values[index])} at index ${index}. ` +
          'Leave out missing observations as whole pairs before testing.',
        { where, name, index, value: values[index] },
      )
    }
  }
}

/** The differences `first − second` of two samples of equal length, checked. */
export function pairedDifferences(
  where: string,
  first: readonly number[],
  second: readonly number[],
  minimum: number,
): number[] {
  checkSample(where, 'first', first, minimum)
  checkSample(where, 'second', second, minimum)
  if (first.length !== second.length) {
    throw new EvalError(
      'invalid-sample',
      `${where}: expected pairs, got ${first.length} values in \`first\` and ${second.length} in \`second\`. ` +
        'Pair by seed, or use a test for independent samples (welchTTest, permutationTest).',
      { where, first: first.length, second: second.length },
    )
  }
  return first.map((value, index) => value - second[index]!)
}

/** Refuses an option outside an open interval. */
export function checkBetween(where: string, name: string, value: number, low: number, high: number): void {
  if (!(value > low && value < high)) {
    throw new EvalError('invalid-option', `${where}: expected \`${name}\` between ${low} and ${high}, got ${value}.`, {
      where,
      name,
      value,
    })
  }
}

/** Refuses anything but a whole number of at least `minimum`. */
export function checkWhole(where: string, name: string, value: number, minimum: number): void {
  if (!Number.isInteger(value) || value < minimum) {
    throw new EvalError(
      'invalid-option',
      `${where}: expected \`${name}\` to be a whole number of at least ${minimum}, got ${value}.`,
      { where, name, value, minimum },
    )
  }
}

/** Refuses a word that is not one of the three alternatives. */
export function checkAlternative(where: string, value: string): void {
  if (value !== 'two-sided' && value !== 'less' && value !== 'greater') {
    throw new EvalError(
      'invalid-option',
      `${where}: expected \`alternative\` to be 'two-sided', 'less' or 'greater', got '${value}'.`,
      { where, value },
    )
  }
}
