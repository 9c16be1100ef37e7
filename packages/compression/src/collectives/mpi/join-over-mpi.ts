import { LemanicError } from '@lemanic/tensor-core'
import { checkShared, type SharedOptions } from '../join-options.js'
import type { World } from '../world.js'
import { MpiWorld } from './mpi-world.js'
import { OpenMpi } from './open-mpi.js'
import { argumentError } from '../../refuse.js'

/** Ranks that `mpirun` or Slurm started, over Open MPI: `mpirun -n 4 node train.js`. */
export interface MpiOptions extends Omit<SharedOptions, 'joinTimeout'> {
  readonly transport: 'mpi'
  /** Path of Open MPI's library. Default: `libmpi.so.40` as the system finds it. */
  readonly library?: string
}

const funneled = 1

/** MPI tells ranks who they are. It can be joined once in a process. Throws `mpi-missing`, `mpi-failed`. */
export async function joinOverMpi(options: MpiOptions): Promise<World> {
  const { library, order, timeout } = checkShared(options, ['library'])
  if (library !== undefined && typeof library !== 'string')
    throw argumentError('joinWorld', `library: expected a path, got ${JSON.stringify(library)}`)
  const mpi = await OpenMpi.load(library)
  if (mpi.integer('int MPI_Initialized(void *flag)') !== 0) {
    throw new LemanicError('join-failed', 'joinWorld: this process has joined over MPI before', {
      help: 'MPI begins and ends once in a process: join once and pass the world on',
    })
  }
  const provided = mpi.integer(
    'int MPI_Init_thread(void *argc, void *argv, int required, void *provided)',
    null,
    null,
    funneled,
  )
  if (provided < funneled)
    throw new LemanicError('mpi-failed', `joinWorld: expected an MPI with thread level ${funneled}, got ${provided}`)
  mpi.returnErrors()
  const rank = mpi.integer('int MPI_Comm_rank(void *comm, void *rank)', mpi.world)
  const worldSize = mpi.integer('int MPI_Comm_size(void *comm, void *size)', mpi.world)
  return new MpiWorld(mpi, rank, worldSize, timeout, order)
}
