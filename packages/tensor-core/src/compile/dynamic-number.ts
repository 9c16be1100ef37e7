import { interruptCompilation } from './session.js'

/** Counts replays, so that what derives from an input is derived once for each. */
export interface ReplayClock {
  now: number
}

/**
 * A number that a compiled step reads anew at every call: a learning rate, a step number, the scale of a loss. Operations
 * and optimizers take it wherever they take a changing number; `map` derives another from it. Arithmetic in JavaScript
 * sees its value of now, which ends a compilation under way.
 */
export class DynamicNumber {
  readonly #read: () => number
  readonly #clock: ReplayClock | undefined

  /** Internal: use `dynamic(value)`. */
  constructor(read: () => number, clock?: ReplayClock) {
    this.#read = read
    this.#clock = clock
  }

  /** f of this number, read anew at every call too. `f` is pure. */
  map(f: (value: number) => number): DynamicNumber {
    const clock = this.#clock
    if (clock === undefined) return new DynamicNumber(() => f(this.#read()))
    let value = f(this.#read())
    let readAt = clock.now
    return new DynamicNumber(() => {
      if (readAt !== clock.now) {
        value = f(this.#read())
        readAt = clock.now
      }
      return value
    }, clock)
  }

  /** Its value now, without consequences for a compilation. Internal. */
  peek(): number {
    return this.#read()
  }

  valueOf(): number {
    interruptCompilation('a dynamic number was read in JavaScript; derive from it with map(f), or make it a tensor')
    return this.#read()
  }

  toString(): string {
    return String(this.valueOf())
  }
}

/** A number, or one that a compiled step reads anew at every call. */
export type Scalar = number | DynamicNumber

/** Makes a number an input of a compiled step: another value at the next call needs no other recording. */
export function dynamic(value: number): DynamicNumber {
  return new DynamicNumber(() => value)
}

/** f of a scalar, dynamic if it is. */
export function mapScalar(scalar: Scalar, f: (value: number) => number): Scalar {
  return typeof scalar === 'number' ? f(scalar) : scalar.map(f)
}

/** The value now. */
export function peekScalar(scalar: Scalar): number {
  return typeof scalar === 'number' ? scalar : scalar.peek()
}

/** Where attributes of an operation keep how to read those of them that change from replay to replay. */
export const changes = Symbol('lemanic.changes')

/** Attributes as every kernel takes them, and what a recording has to know of them. */
export interface Changing {
  readonly [changes]?: Readonly<Record<string, () => number | readonly number[]>>
}

/** Attributes with their scalars' values of now; dynamic ones are remembered under `changes`. */
export function withScalars<Name extends string>(
  scalars: Readonly<Record<Name, Scalar>>,
): Record<Name, number> & Changing {
  const values = {} as Record<Name, number>
  let reads: Record<string, () => number> | undefined
  for (const name of Object.keys(scalars) as Name[]) {
    const scalar = scalars[name]
    values[name] = peekScalar(scalar)
    if (typeof scalar !== 'number') (reads ??= {})[name] = () => scalar.peek()
  }
  return reads === undefined ? values : { ...values, [changes]: reads }
}
