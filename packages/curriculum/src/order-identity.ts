import { LemanicError, type RandomKey } from '@lemanic/tensor-core'
import type { DataOrder, OrderState } from './data-order.js'

/** What tells two orders of one kind apart: key words, parameters, a checksum of a given list. Plain JSON. */
export type OrderIdentity = Readonly<Record<string, string | number | boolean | readonly number[]>>

/** The part of an identity that a key makes. */
export function keyIdentity(key: RandomKey): OrderIdentity {
  return { key: [...key.words] }
}

/** A 32-bit FNV-1a hash of a list of numbers, so that a state need not carry the list. */
export function checksum(values: ArrayLike<number>): number {
  const bytes = new Uint8Array(Float64Array.from(values).buffer)
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** What every saved state says of the order that it belongs to. */
export function describeOrder(
  order: Pick<DataOrder, 'kind' | 'size' | 'rank' | 'worldSize'>,
  identity: OrderIdentity,
): { readonly [key: string]: string | number | OrderIdentity } {
  const { kind, size, rank, worldSize } = order
  return { kind, size, rank, worldSize, identity }
}

/**
 * The JSON part of a state if it is of this order; else throws `LemanicError` (`foreign-state`) that names the first
 * thing in which the two differ.
 */
export function ownState(
  state: OrderState,
  order: Pick<DataOrder, 'kind' | 'size' | 'rank' | 'worldSize'>,
  identity: OrderIdentity,
): Readonly<Record<string, unknown>> {
  const wanted = describeOrder(order, identity)
  const saved = state?.json as Readonly<Record<string, unknown>> | null | undefined
  const refuse = (difference: string): never => {
    throw new LemanicError(
      'foreign-state',
      `${order.kind}: expected a state of this order (${order.size} units), ${difference}`,
      {
        fields: { expected: wanted, got: saved },
        help: 'resume with the order, data set, key and rank of the run that wrote the state',
      },
    )
  }
  if (typeof saved !== 'object' || saved === null || typeof saved.kind !== 'string') {
    return refuse(`got ${JSON.stringify(saved)}`)
  }
  for (const name of Object.keys(wanted)) {
    const got = JSON.stringify(saved[name])
    const expected = JSON.stringify(wanted[name])
    if (got !== expected) refuse(`got one with ${name} ${got} instead of ${expected}`)
  }
  return saved
}

/** A whole number of a saved state that lies between two limits; else the state is refused as damaged. */
export function savedCount(kind: string, saved: Readonly<Record<string, unknown>>, name: string, most: number): number {
  const value = saved[name]
  if (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most) return value as number
  throw new LemanicError(
    'foreign-state',
    `${kind}: expected the state's "${name}" to be an integer from 0 to ${most}, got ${JSON.stringify(value)}`,
    { fields: { name, value }, help: 'the state is damaged; take an older checkpoint' },
  )
}
