import { singleProcess, type Collectives } from '@lemanic/tensor-core'
import { joinOverMpi, type MpiOptions } from './mpi/join-over-mpi.js'
import { joinOverSharedMemory, type SharedMemoryOptions } from './shared-memory.js'
import { joinOverTcp, type TcpOptions } from './tcp.js'
import type { World } from './world.js'
import { argumentError } from '../refuse.js'

/** Ranks inside this process, or no others. */
export interface InProcessOptions {
  readonly transport: 'in-process'
  /** One end of `inProcessCollectives`. Default: `singleProcess`, a world of one rank. */
  readonly collectives?: Collectives
}

export type JoinOptions = InProcessOptions | SharedMemoryOptions | TcpOptions | MpiOptions

/**
 * Joins the processes that train together, and resolves when all of them have come. The same script runs alone, in
 * several processes of one machine, and on a cluster; only these options differ (`worldFromEnvironment` reads them from
 * the environment variables of `mpirun`, `torchrun`, Slurm or `launchRanks`).
 *
 * Throws `invalid-argument`; `join-failed`, which names the ranks that did not come in time or why this one was refused;
 * `mpi-missing` with the line that installs what is missing.
 */
export function joinWorld(options: JoinOptions): Promise<World> {
  switch (options.transport) {
    case 'in-process':
      return Promise.resolve(inProcessWorld(options.collectives ?? singleProcess))
    case 'shared-memory':
      return joinOverSharedMemory(options)
    case 'tcp':
      return joinOverTcp(options)
    case 'mpi':
      return joinOverMpi(options)
    default:
      return Promise.reject(
        argumentError(
          'joinWorld',
          `transport: expected in-process, shared-memory, tcp or mpi, got ${JSON.stringify((options as JoinOptions).transport)}`,
        ),
      )
  }
}

function inProcessWorld(collectives: Collectives): World {
  const close = (): Promise<void> => Promise.resolve()
  return {
    transport: 'in-process',
    rank: collectives.rank,
    worldSize: collectives.worldSize,
    allReduce: (values, operation) => collectives.allReduce(values, operation),
    allGather: (bytes) => collectives.allGather(bytes),
    broadcast: (bytes, root) => collectives.broadcast(bytes, root),
    barrier: () => collectives.barrier(),
    close,
    [Symbol.asyncDispose]: close,
  }
}
