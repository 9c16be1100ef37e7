import type { JoinOptions } from './join-world.js'
import type { TransportName } from './world.js'
import { argumentError } from '../refuse.js'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Options of `joinWorld` out of environment variables that the caller passes in, `process.env` mostly: so that one
 * script runs everywhere.
 *
 * - started by `mpirun` (or `srun --mpi=pmix`): Open MPI. Seen by `OMPI_COMM_WORLD_SIZE` or `PMIX_RANK`.
 * - `RANK`, `WORLD_SIZE`, `MASTER_ADDR`, `MASTER_PORT` (as torchrun sets them) or `SLURM_PROCID`, `SLURM_NTASKS` with the
 *   latter two, and `LEMANIC_SECRET`: TCP.
 * - `RANK`, `WORLD_SIZE`, `LEMANIC_FOLDER` (as `launchRanks` sets them): shared memory.
 * - none of these: alone.
 *
 * `LEMANIC_TRANSPORT` decides where several would do; `LEMANIC_RUN_ID`, `LEMANIC_ORDER`, `LEMANIC_TIMEOUT` and
 * `LEMANIC_JOIN_TIMEOUT` set the options of these names. Throws `invalid-argument` naming the variable that is missing.
 */
export function worldFromEnvironment(environment: Environment): JoinOptions {
  const text = (name: string): string | undefined => (environment[name] === '' ? undefined : environment[name])
  const needed = (names: readonly string[], why: string): string => {
    for (const name of names) {
      const value = text(name)
      if (value !== undefined) return value
    }
    throw argumentError('worldFromEnvironment', `expected the variable ${names.join(' or ')}, ${why}`)
  }
  const number = (names: readonly string[], why: string): number => {
    const value = Number(needed(names, why))
    if (!Number.isInteger(value))
      throw argumentError('worldFromEnvironment', `${names[0]}: expected a whole number, got ${value}`)
    return value
  }
  const milliseconds = (name: string): number | undefined => (text(name) === undefined ? undefined : number([name], ''))
  const defined = <Value extends object>(values: Value): Value =>
    Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Value

  const order = text('LEMANIC_ORDER') as 'rank' | 'transport' | undefined
  const shared = defined({ order, timeout: milliseconds('LEMANIC_TIMEOUT') })
  const joinTimeout = milliseconds('LEMANIC_JOIN_TIMEOUT')
  const transport = text('LEMANIC_TRANSPORT') ?? guess(text)
  const identity = (): { rank: number; worldSize: number } => ({
    rank: number(['RANK', 'SLURM_PROCID'], 'the number of this rank'),
    worldSize: number(['WORLD_SIZE', 'SLURM_NTASKS'], 'the number of ranks'),
  })
  switch (transport as TransportName) {
    case 'in-process':
      return { transport: 'in-process' }
    case 'mpi':
      return { transport: 'mpi', ...shared, ...defined({ library: text('LEMANIC_MPI_LIBRARY') }) }
    case 'shared-memory':
      return defined({
        transport: 'shared-memory' as const,
        ...identity(),
        ...shared,
        joinTimeout,
        folder: needed(['LEMANIC_FOLDER'], 'a folder for this run'),
      })
    case 'tcp':
      return defined({
        transport: 'tcp' as const,
        ...identity(),
        ...shared,
        joinTimeout,
        address: {
          host: needed(['MASTER_ADDR'], 'the machine of rank 0'),
          port: number(['MASTER_PORT'], 'the port of rank 0'),
        },
        secret: needed(['LEMANIC_SECRET'], 'a secret that all ranks of the run know'),
        runId: text('LEMANIC_RUN_ID') ?? text('SLURM_JOB_ID'),
      })
    default:
      throw argumentError(
        'worldFromEnvironment',
        `LEMANIC_TRANSPORT: expected in-process, shared-memory, tcp or mpi, got "${transport}"`,
      )
  }
}

function guess(text: (name: string) => string | undefined): TransportName {
  if (text('LEMANIC_FOLDER') !== undefined) return 'shared-memory'
  if (text('MASTER_ADDR') !== undefined) return 'tcp'
  if (text('OMPI_COMM_WORLD_SIZE') !== undefined || text('PMIX_RANK') !== undefined) return 'mpi'
  return 'in-process'
}
