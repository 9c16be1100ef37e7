import { RandomKey } from '../random/key.js'
import { isTensor, type Tensor } from '../tensor.js'
import { DynamicNumber } from './dynamic-number.js'

/** The parts of a compiled step's arguments. */
export interface FlatArguments {
  readonly tensors: Tensor[]
  readonly keys: RandomKey[]
  readonly numbers: DynamicNumber[]
  /** Everything else, and the form: a recording is good for equal ones only. */
  readonly statics: unknown[]
}

/** Marks of the form; no value of an argument is equal to one. */
const marks = { tensor: {}, key: {}, number: {}, array: {}, object: {}, end: {} } as const

/** Takes arguments apart; a string that says why they cannot be inputs of a compiled step, if so. */
export function flatten(values: readonly unknown[]): FlatArguments | string {
  const flat: FlatArguments = { tensors: [], keys: [], numbers: [], statics: [] }
  for (let i = 0; i < values.length; i++) {
    const refusal = visit(values[i], flat, () => `argument ${i + 1}`)
    if (refusal !== undefined) return refusal
  }
  return flat
}

function visit(value: unknown, flat: FlatArguments, path: () => string): string | undefined {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function') return `${path()} is a function; make it part of the step`
    flat.statics.push(value)
    return undefined
  }
  if (isTensor(value)) {
    flat.statics.push(marks.tensor)
    flat.tensors.push(value)
    return undefined
  }
  if (Array.isArray(value)) {
    flat.statics.push(marks.array)
    for (let i = 0; i < value.length; i++) {
      const refusal = visit(value[i], flat, () => `${path()}[${i}]`)
      if (refusal !== undefined) return refusal
    }
    flat.statics.push(marks.end)
    return undefined
  }
  if (value instanceof RandomKey) {
    flat.statics.push(marks.key)
    flat.keys.push(value)
    return undefined
  }
  if (value instanceof DynamicNumber) {
    flat.statics.push(marks.number)
    flat.numbers.push(value)
    return undefined
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    const kind = (value as { constructor?: { name?: string } }).constructor?.name ?? 'object'
    return `${path()} is a ${kind}; a compiled step takes tensors, keys and plain data (make it a tensor)`
  }
  flat.statics.push(marks.object)
  for (const name in value) {
    flat.statics.push(name)
    const refusal = visit((value as Record<string, unknown>)[name], flat, () => `${path()}.${name}`)
    if (refusal !== undefined) return refusal
  }
  flat.statics.push(marks.end)
  return undefined
}

export function sameStatics(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false
  return true
}

/** The arguments with other keys and numbers in their places, in the order of `flatten`; the rest as it is. */
export function withTraced(
  values: readonly unknown[],
  keys: readonly RandomKey[],
  numbers: readonly DynamicNumber[],
): unknown[] {
  let [key, number] = [0, 0]
  const replace = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || isTensor(value)) return value
    if (value instanceof RandomKey) return keys[key++]
    if (value instanceof DynamicNumber) return numbers[number++]
    if (Array.isArray(value)) return value.map(replace)
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, replace(item)]))
  }
  return values.map(replace)
}
