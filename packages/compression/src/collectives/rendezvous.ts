import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { answer, greet, GreetingError, readLine, sendLine, type Identity } from './hello.js'
import { notJoined } from './refusals.js'

/** Where ranks listen. */
export interface Addresses {
  /** Opens the server of this rank and returns its port (0 where addresses are paths). */
  listen(server: Server): Promise<number>
  /** Where rank 0 is found. */
  readonly first: NetConnectOpts
  /** Where another rank is found, given its port and the address that rank 0 saw it at. */
  at(rank: number, port: number, host: string | undefined): NetConnectOpts
}

export interface RendezvousOptions extends Identity {
  readonly secret: string
  readonly addresses: Addresses
  readonly joinTimeout: number
  /** What is left to do once this rank, not rank 0, is connected to rank 0. */
  readonly prepare?: (server: Server) => Promise<void>
}

type Table = readonly { readonly rank: number; readonly port: number; readonly host: string | undefined }[]

/**
 * Connects every rank to every other. All find rank 0 and greet it; when the last has come, rank 0 tells all where the
 * others listen, and each connects to those of lower rank. Returns the sockets by rank, paused, none at the own place.
 */
export async function meet(options: RendezvousOptions): Promise<(Socket | undefined)[]> {
  const { rank, worldSize, addresses, secret, joinTimeout } = options
  const self: Identity = { rank, worldSize, runId: options.runId }
  const sockets = new Array<Socket | undefined>(worldSize).fill(undefined)
  const ports = new Map<number, number>()
  const refused: string[] = []
  const abandoned = new AbortController()
  let changed: () => void = () => undefined

  const keep = (other: number, socket: Socket): void => {
    sockets[other] = socket.pause()
    // Until the world takes the socket over: an error is the end of the connection, which is noticed then.
    socket.on('error', () => undefined)
    changed()
  }
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => undefined)
    const welcome = (other: number): string | undefined => {
      if (rank !== 0 && other < rank) return `rank ${rank} connects to rank ${other}, not the other way round`
      return sockets[other] === undefined ? undefined : `rank ${other} is here already`
    }
    answer(socket, secret, self, welcome, Math.min(joinTimeout, 10_000)).then(
      (greeted) => {
        ports.set(greeted.rank, greeted.port)
        keep(greeted.rank, socket)
      },
      (error: Error) => {
        refused.push(`${socket.remoteAddress ?? 'a connection'}: ${error.message}`)
        setTimeout(() => socket.destroy(), 1000).unref()
      },
    )
  })

  const missing = (): number[] =>
    sockets.flatMap((socket, other) => (socket === undefined && other !== rank ? [other] : []))
  const wait = (isReady: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      changed = () => void (isReady() && resolve())
      changed()
    })

  const join = async (): Promise<void> => {
    const port = await addresses.listen(server)
    if (rank === 0) {
      await wait(() => missing().length === 0)
      const table: Table = sockets.flatMap((socket, other) =>
        socket === undefined ? [] : [{ rank: other, port: ports.get(other) ?? 0, host: socket.remoteAddress }],
      )
      for (const socket of sockets) if (socket !== undefined) sendLine(socket, { table })
      return
    }
    const first = await reach(addresses.first, 0, port, self, options, abandoned.signal)
    keep(0, first)
    await options.prepare?.(server)
    const { table } = (await readLine(first, joinTimeout, 256 * worldSize + 64)) as unknown as { table: Table }
    for (const { rank: other, port: theirs, host } of table) {
      if (other === rank || other === 0 || other > rank) continue
      keep(other, await reach(addresses.at(other, theirs, host), other, port, self, options, abandoned.signal))
    }
    await wait(() => missing().length === 0)
  }

  let timer: NodeJS.Timeout | undefined
  try {
    await Promise.race([
      join(),
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(late(options, missing(), refused)), joinTimeout)
      }),
    ])
    return sockets
  } catch (error) {
    for (const socket of sockets) socket?.destroy()
    if (!(error instanceof GreetingError)) throw error
    const isLate = error.message.startsWith('no greeting within')
    throw isLate
      ? late(options, missing(), refused)
      : notJoined(error.message, { rank }, 'start all ranks with the same secret, run id and number of ranks')
  } finally {
    clearTimeout(timer)
    abandoned.abort()
    server.close()
  }
}

/** Connects and greets, again and again until `signal`: the other rank may not have started yet. */
async function reach(
  where: NetConnectOpts,
  to: number,
  port: number,
  self: Identity,
  { secret, joinTimeout }: RendezvousOptions,
  signal: AbortSignal,
): Promise<Socket> {
  for (let wait = 20; ; wait = Math.min(2 * wait, 500)) {
    const socket = connect(where)
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve).once('error', reject)
        signal.addEventListener('abort', () => reject(new Error('given up')), { once: true })
      })
      socket.on('error', () => undefined)
      await greet(socket, secret, self, to, port, joinTimeout)
      return socket
    } catch (error) {
      socket.destroy()
      if (signal.aborted || (error instanceof GreetingError && error.isFinal)) throw error
    }
    await delay(wait, undefined, { ref: true })
  }
}

function late(
  { rank, worldSize, joinTimeout }: RendezvousOptions,
  missing: readonly number[],
  refused: string[],
): Error {
  const names =
    missing.length === 0 ? 'all ranks' : missing.length === 1 ? `rank ${missing[0]}` : `ranks ${missing.join(', ')}`
  const turnedAway = refused.length === 0 ? '' : `; refused meanwhile: ${[...new Set(refused)].slice(0, 5).join('; ')}`
  return notJoined(
    `after ${joinTimeout / 1000} s rank ${rank} of ${worldSize} still waits for ${names}${turnedAway}`,
    { rank, missing, refused },
    'start all ranks with the same address, secret, run id and number of ranks, and let them reach each other; "joinTimeout" (milliseconds) is how long they wait',
  )
}
