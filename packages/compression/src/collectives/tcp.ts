import type { Server } from 'node:net'
import { LemanicError } from '@lemanic/tensor-core'
import { checkIdentity, type SharedOptions } from './join-options.js'
import { MeshWorld } from './mesh-world.js'
import { meet } from './rendezvous.js'
import { SocketChannel } from './socket-channel.js'
import type { World } from './world.js'
import { argumentError } from '../refuse.js'

/** Ranks on several machines, over TCP. */
export interface TcpOptions extends SharedOptions {
  readonly transport: 'tcp'
  /** 0 … worldSize − 1. */
  readonly rank: number
  readonly worldSize: number
  /** Where rank 0 listens, and the others find it. */
  readonly address: { readonly host: string; readonly port: number }
  /** Known to all ranks of the run and nobody else; 16 characters or more. Proves who belongs, and is never sent. */
  readonly secret: string
  /** Ranks of one run have one name, so that runs do not mix. Default `lemanic`. */
  readonly runId?: string
  /** The address of this machine on which it listens; rank 0 uses `address.host`. Default: all its addresses. */
  readonly bind?: string
}

export async function joinOverTcp(options: TcpOptions): Promise<World> {
  const { rank, worldSize, address, secret, runId, bind, order, timeout, joinTimeout } = checkTcpOptions(options)
  if (worldSize === 1) return new MeshWorld({ transport: 'tcp', rank, channels: [undefined], timeout, order })
  const sockets = await meet({
    rank,
    worldSize,
    runId,
    secret,
    joinTimeout,
    addresses: {
      listen: (server) => (rank === 0 ? listen(server, address.port, address.host) : listen(server, 0, bind)),
      first: { host: address.host, port: address.port },
      at: (_, port, host) => ({ port, ...(host === undefined ? {} : { host }) }),
    },
  })
  const channels = sockets.map((socket) => (socket === undefined ? undefined : new SocketChannel(socket, timeout)))
  const world = new MeshWorld({ transport: 'tcp', rank, channels, timeout, order })
  await world.barrier()
  return world
}

function listen(server: Server, port: number, host: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new LemanicError(
          'join-failed',
          `joinWorld: cannot listen on ${host ?? 'any address'}, port ${port} (${error.code})`,
          {
            cause: error,
            fields: { host, port },
            help: 'address: an address of the machine of rank 0, and a free port',
          },
        ),
      ),
    )
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      const bound = server.address()
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port)
    })
  })
}

function checkTcpOptions(options: TcpOptions): Required<Omit<TcpOptions, 'bind'>> & Pick<TcpOptions, 'bind'> {
  const checked = {
    runId: 'lemanic',
    ...checkIdentity(options, ['address', 'secret', 'runId', 'bind']),
  }
  const { address, secret } = checked
  if (
    typeof address?.host !== 'string' ||
    !Number.isInteger(address.port) ||
    address.port < 1 ||
    address.port > 65_535
  ) {
    throw argumentError('joinWorld', `address: expected { host, port }, got ${JSON.stringify(address)}`, {
      help: "address: { host: 'node-0', port: 29500 }, the same on all ranks",
    })
  }
  if (typeof secret !== 'string' || secret.length < 16) {
    throw argumentError('joinWorld', 'secret: expected 16 characters or more', {
      help: 'make one for each run, with `openssl rand -hex 16` for instance, and give it to all ranks',
    })
  }
  return checked
}
