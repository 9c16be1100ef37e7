import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { connect, type Server } from 'node:net'
import { join, resolve } from 'node:path'
import { LemanicError } from '@lemanic/tensor-core'
import { checkIdentity, type SharedOptions } from './join-options.js'
import { MeshWorld } from './mesh-world.js'
import { meet } from './rendezvous.js'
import { SharedMemoryChannel, type Rings } from './shared-memory-channel.js'
import type { World } from './world.js'
import { argumentError } from '../refuse.js'

/** Processes of one machine, over memory that they share. */
export interface SharedMemoryOptions extends SharedOptions {
  readonly transport: 'shared-memory'
  /** 0 … worldSize − 1. */
  readonly rank: number
  readonly worldSize: number
  /**
   * A folder for this run alone, the same for all ranks, which rank 0 makes, and removes once all are connected. On a
   * memory file system: `/dev/shm/NAME` on Linux. Elsewhere it works too, the kernel's cache is memory as well.
   */
  readonly folder: string
  /** Bytes of each of the R·(R − 1) rings. Default 1 MiB, less where all rings together would pass 32 MiB. */
  readonly capacity?: number
}

/** Unix sockets have short names. */
const longestPath = 100
const budget = 32 << 20

export async function joinOverSharedMemory(options: SharedMemoryOptions): Promise<World> {
  const { rank, worldSize, order, timeout, joinTimeout, ...rest } = checkIdentity(options, ['folder', 'capacity'])
  const folder = checkFolder(rest.folder)
  const pairs = Math.max(1, worldSize * (worldSize - 1))
  const { capacity = Math.min(1 << 20, Math.floor(budget / pairs)) } = rest
  if (!Number.isInteger(capacity) || capacity < 4096 || capacity > 1 << 30)
    throw argumentError('joinWorld', `capacity: expected from 4096 bytes to 1 GiB, got ${capacity}`)
  const ringsOf = (file: number, other: number): Rings => ({
    file,
    capacity,
    outgoing: (rank * worldSize + other) * capacity,
    incoming: (other * worldSize + rank) * capacity,
  })
  if (worldSize === 1) return new MeshWorld({ transport: 'shared-memory', rank, channels: [undefined], timeout, order })

  const memory = join(folder, 'rings')
  let file = -1
  if (rank === 0) await makeFolder(folder)
  try {
    const sockets = await meet({
      rank,
      worldSize,
      // Ranks with another capacity would look for rings in the wrong places.
      runId: `${folder} ${capacity}`,
      secret: 'the folder is for its owner only',
      joinTimeout,
      // Only now is it sure that the folder is that of this run, not of one that crashed.
      prepare: async (server) => {
        file = openSync(memory, 'r+')
        await listen(server, folder, rank)
      },
      addresses: {
        listen: async (server) => {
          if (rank === 0) {
            file = openSync(memory, 'wx+', 0o600)
            ftruncateSync(file, worldSize * worldSize * capacity)
            await listen(server, folder, rank)
          }
          return 0
        },
        first: { path: join(folder, '0') },
        at: (other) => ({ path: join(folder, String(other)) }),
      },
    })
    const channels = sockets.map((socket, other) =>
      socket === undefined ? undefined : new SharedMemoryChannel(socket, ringsOf(file, other), timeout),
    )
    const world = new MeshWorld({ transport: 'shared-memory', rank, channels, timeout, order })
    await world.barrier()
    return world
  } catch (error) {
    if (file >= 0) closeSync(file)
    throw error
  } finally {
    if (rank === 0) rmSync(folder, { recursive: true, force: true })
  }
}

function checkFolder(folder: unknown): string {
  if (typeof folder !== 'string' || folder === '') {
    throw argumentError('joinWorld', `folder: expected a path, got ${JSON.stringify(folder)}`, {
      help: "folder: '/dev/shm/NAME-OF-THE-RUN', the same on all ranks",
    })
  }
  const absolute = resolve(folder)
  if (absolute.length > longestPath)
    throw argumentError(
      'joinWorld',
      `folder: at most ${longestPath} characters can be a socket's name, got ${absolute.length}`,
    )
  return absolute
}

/** Rank 0's part. What a run that crashed left behind goes; a folder of something else stays. */
async function makeFolder(folder: string): Promise<void> {
  if (existsSync(join(folder, 'rings'))) {
    if (await answers(join(folder, '0'))) throw noFolder(folder, new Error('another run is gathering there'))
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (cause) {
    throw noFolder(folder, cause as Error)
  }
}

function noFolder(folder: string, cause: Error): LemanicError {
  return new LemanicError('join-failed', `joinWorld: the folder ${folder} cannot be made (${cause.message})`, {
    cause,
    fields: { folder },
    help: 'folder: a new name inside a folder that exists, /dev/shm for instance',
  })
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

function listen(server: Server, folder: string, rank: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(join(folder, String(rank)), resolve)
  })
}
