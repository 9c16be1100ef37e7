import type { DType } from '../dtype.js'
import { LemanicError } from '../errors.js'
import { formatShape, shapesEqual } from '../shape.js'
import { decodeBfloat16, decodeFloat16 } from '../backends/cpu/half-precision.js'
import type { HostValues } from './host-values.js'

/**
 * Two numbers agree when |a − b| ≤ relative · |b| + scaled · (largest |b| of the array). NaN agrees with NaN only,
 * an infinity only with itself. `exact`: the same bits, but that all NaN are one. A subnormal number (below 2⁻¹²⁶) may
 * come as zero.
 */
export interface Tolerance {
  readonly relative?: number
  readonly scaled?: number
  readonly exact?: boolean
}

export const exact: Tolerance = { exact: true }

/** For sums of many products, whose order differs between engines. */
export const accumulated: Tolerance = { relative: 1e-5, scaled: 2e-6 }

const smallestNormal = 2 ** -126

/** Throws `conformance` with the place and size of the worst disagreement. */
export function expectClose(
  actual: readonly HostValues[],
  expected: readonly HostValues[],
  tolerance: Tolerance = accumulated,
): void {
  if (actual.length !== expected.length) fail(`expected ${expected.length} outputs, got ${actual.length}`)
  expected.forEach((reference, i) => compareArrays(actual[i]!, reference, tolerance, `output ${i}`))
}

function compareArrays(actual: HostValues, expected: HostValues, tolerance: Tolerance, where: string): void {
  if (
    actual.dtype !== expected.dtype ||
    !shapesEqual(actual.shape, expected.shape) ||
    actual.values.length !== expected.values.length
  ) {
    fail(
      `${where}: expected ${expected.dtype} ${formatShape(expected.shape)}, got ${actual.dtype} ${formatShape(actual.shape)} of ${actual.values.length} values`,
    )
  }
  const decode = decoderOf(expected.dtype)
  const isExact = tolerance.exact === true || expected.dtype === 'int32' || expected.dtype === 'bool'
  const { relative = 0, scaled = 0 } = tolerance
  let largest = 0
  if (!isExact) for (const bits of expected.values) largest = Math.max(largest, finiteMagnitude(decode(bits)))
  const margin = scaled * largest + smallestNormal
  let worst = 0
  let position = -1
  for (let i = 0; i < expected.values.length; i++) {
    const a = decode(actual.values[i]!)
    const b = decode(expected.values[i]!)
    if (Object.is(a, b) || (!isExact && a === b) || isFlushed(a, b)) continue
    const excess = isExact ? Infinity : Math.abs(a - b) / (relative * Math.abs(b) + margin)
    if (!(excess <= 1) && !(excess <= worst)) {
      worst = Number.isNaN(excess) ? Infinity : excess
      position = i
      if (worst === Infinity) break
    }
  }
  if (position < 0) return
  const [a, b] = [decode(actual.values[position]!), decode(expected.values[position]!)].map((value) =>
    Object.is(value, -0) ? '−0' : String(value),
  )
  const allowed = isExact ? 'must be equal' : `differ ${worst.toPrecision(3)} times more than allowed`
  fail(`${where}, element ${position} of ${formatShape(expected.shape)}: expected ${b}, got ${a}; they ${allowed}`)
}

const isFlushed = (actual: number, expected: number): boolean =>
  actual === 0 && expected !== 0 && Math.abs(expected) < smallestNormal

const finiteMagnitude = (value: number): number => (Number.isFinite(value) ? Math.abs(value) : 0)

function decoderOf(dtype: DType): (bits: number) => number {
  return dtype === 'bfloat16' ? decodeBfloat16 : dtype === 'float16' ? decodeFloat16 : (value) => value
}

export function fail(message: string): never {
  throw new LemanicError('conformance', message)
}
