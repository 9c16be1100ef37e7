import type { Collectives } from '@lemanic/tensor-core'

/** How ranks reach each other. */
export type TransportName = 'in-process' | 'shared-memory' | 'tcp' | 'mpi'

/**
 * The order in which `allReduce` adds. `rank`: rank 0, 1, 2 …, so that every transport gives the same bits as ranks that
 * live in one process. `transport`: the order that the transport likes best, a ring over sockets and shared memory,
 * `MPI_Allreduce` over Open MPI; every rank still gets the same bits, but others than over another transport.
 */
export type SummationOrder = 'rank' | 'transport'

/**
 * Processes that train together. A world ends at its first failure: the call under way and all later ones are rejected
 * with the same error, whose code is `rank-lost`, `rank-failed`, `collective-mismatch` or `collective-timeout`, and whose
 * `fields.rank` names the rank at fault.
 */
export interface World extends Collectives {
  readonly transport: TransportName
  /**
   * Leaves once all calls under way are done. With a `reason` it leaves at once and the other ranks get `rank-failed`
   * with the message of the reason, instead of guessing from a silent end. More calls than the first do nothing.
   */
  close(reason?: unknown): Promise<void>
  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}
