import type { ReduceOperation } from '@lemanic/tensor-core'

const kinds = ['barrier', 'broadcast', 'allGather', 'allReduce', 'close'] as const
const operations: readonly ReduceOperation[] = ['sum', 'mean', 'maximum', 'minimum']

/** One collective call as each rank announces it to the others, who must make the same one. */
export interface Call {
  /** 1 for the first call of the world. */
  readonly index: number
  readonly kind: (typeof kinds)[number]
  /** Of allReduce. */
  readonly operation?: ReduceOperation
  /** Numbers in the vector of allReduce, the root of broadcast, else 0. */
  readonly detail: number
}

/** Bytes of an encoded call. */
export const callBytes = 16

export function encodeCall({ index, kind, operation, detail }: Call, into: DataView, at = 0): void {
  into.setUint8(at, kinds.indexOf(kind))
  into.setUint8(at + 1, operation === undefined ? 0 : operations.indexOf(operation))
  into.setUint32(at + 4, index, true)
  into.setFloat64(at + 8, detail, true)
}

export function decodeCall(from: DataView, at = 0): Call {
  const kind = kinds[from.getUint8(at)] ?? 'barrier'
  return {
    index: from.getUint32(at + 4, true),
    kind,
    ...(kind === 'allReduce' ? { operation: operations[from.getUint8(at + 1)] } : {}),
    detail: from.getFloat64(at + 8, true),
  }
}

export function describeCall({ kind, operation, detail }: Call): string {
  if (kind === 'allReduce') return `allReduce(${operation}, ${detail} numbers)`
  return kind === 'broadcast' ? `broadcast(root ${detail})` : kind
}

export function isSameCall(a: Call, b: Call): boolean {
  return a.index === b.index && a.kind === b.kind && a.operation === b.operation && a.detail === b.detail
}
