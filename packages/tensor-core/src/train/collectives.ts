import type { ReduceOperation } from './combine-in-order.js'

/** What processes that train together offer each other. All ranks call the same functions in the same order. */
export interface Collectives {
  /** 0 … worldSize − 1. */
  readonly rank: number
  readonly worldSize: number
  /** Element by element over all ranks, in order of rank (`combineInOrder`), so that every rank gets the same bits. */
  allReduce(values: Float32Array, operation: ReduceOperation): Promise<Float32Array>
  /** The bytes of every rank, in order of rank; lengths may differ. */
  allGather(bytes: Uint8Array): Promise<Uint8Array[]>
  /** The bytes of rank `root`. */
  broadcast(bytes: Uint8Array, root: number): Promise<Uint8Array>
  /** Resolves when all ranks have come here. */
  barrier(): Promise<void>
}

/** Collectives of a process that trains alone. */
export const singleProcess: Collectives = Object.freeze({
  rank: 0,
  worldSize: 1,
  allReduce: (values: Float32Array) => Promise.resolve(values.slice()),
  allGather: (bytes: Uint8Array) => Promise.resolve([new Uint8Array(bytes)]),
  broadcast: (bytes: Uint8Array) => Promise.resolve(new Uint8Array(bytes)),
  barrier: () => Promise.resolve(),
})
