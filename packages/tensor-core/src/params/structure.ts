import type { Spec } from '../backend.js'
import { LemanicError } from '../errors.js'
import { formatShape, shapesEqual } from '../shape.js'

type Specs = Readonly<Record<string, Spec>>

interface Labels {
  /** The function or file that looked. */
  readonly where: string
  /** What `actual` is called in the message. Default: "the parameters given". */
  readonly got?: string
}

const shown = 12

function list(title: string, items: readonly string[]): string[] {
  if (items.length === 0) return []
  const more = items.length > shown ? [`… and ${items.length - shown} more`] : []
  return [`${title}:`, ...[...items.slice(0, shown), ...more].map((item) => `  ${item}`)]
}

function compare(expected: Specs, actual: Specs, labels: Labels, withShapes: boolean): void {
  const missing = Object.keys(expected).filter((name) => !Object.hasOwn(actual, name))
  const unexpected = Object.keys(actual).filter((name) => !Object.hasOwn(expected, name))
  const mismatching = withShapes
    ? Object.entries(expected).flatMap(([name, spec]) => {
        const other = actual[name]
        const isSame = other === undefined || (other.dtype === spec.dtype && shapesEqual(other.shape, spec.shape))
        return isSame ? [] : [`${name}: expected ${describe(spec)}, got ${describe(other)}`]
      })
    : []
  if (missing.length + unexpected.length + mismatching.length === 0) return
  const { where, got = 'the parameters given' } = labels
  const lines = [
    `${where}: ${got} and what was expected differ`,
    ...list(
      'missing',
      missing.map((name) => `${name} ${describe(expected[name] as Spec)}`),
    ),
    ...list(
      'unexpected',
      unexpected.map((name) => `${name} ${describe(actual[name] as Spec)}`),
    ),
    ...list('mismatching', mismatching),
  ]
  throw new LemanicError('invalid-params', lines.join('\n  '), { fields: { missing, unexpected, mismatching } })
}

function describe({ dtype, shape }: Spec): string {
  return `${dtype} ${formatShape(shape)}`
}

/**
 * Throws `invalid-params` unless both have the same names with the same shapes and dtypes; the message lists what is
 * missing, unexpected and mismatching, with both shapes.
 */
export function checkSameStructure(expected: Specs, actual: Specs, labels: Labels): void {
  compare(expected, actual, labels, true)
}

/** As `checkSameStructure`, for names alone. */
export function checkSameNames(expected: Specs, actual: Specs, labels: Labels): void {
  compare(expected, actual, labels, false)
}
