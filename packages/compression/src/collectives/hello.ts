import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Socket } from 'node:net'

// How two ranks make sure of each other before any byte counts: each sends a fresh random number, and proves with an
// HMAC over both numbers and over who it says it is that it knows the secret of the run. The secret is never sent.

const protocol = 1
/** What a stranger may send before it is cut off. */
const maximumLine = 4096

export interface Identity {
  readonly rank: number
  readonly worldSize: number
  readonly runId: string
}

interface Greeting extends Identity {
  readonly lemanic: number
  readonly nonce: string
  /** Where the greeting rank listens. */
  readonly port: number
}

export interface Greeted {
  readonly rank: number
  readonly port: number
}

/** A greeting that went wrong; `isFinal` when trying again cannot help. */
export class GreetingError extends Error {
  readonly isFinal: boolean

  constructor(message: string, isFinal: boolean) {
    super(message)
    this.isFinal = isFinal
  }
}

function proofOf(secret: string, role: string, client: Greeting, server: Pick<Greeting, 'rank' | 'nonce'>): string {
  const text = JSON.stringify([
    protocol,
    role,
    client.rank,
    client.worldSize,
    client.runId,
    client.port,
    client.nonce,
    server.rank,
    server.nonce,
  ])
  return createHmac('sha256', secret).update(text).digest('hex')
}

function isProof(value: unknown, expected: string): boolean {
  if (typeof value !== 'string' || value.length !== expected.length) return false
  return timingSafeEqual(Buffer.from(value, 'utf8'), Buffer.from(expected, 'utf8'))
}

// Predictable numbers here would let a recorded greeting be played back: no random key, the system's source.
const newNonce = (): string => randomBytes(16).toString('hex')

export function sendLine(socket: Socket, value: object): void {
  socket.write(`${JSON.stringify(value)}\n`)
}

/** One line of JSON; what comes after it stays in the socket. Rejects after `timeout` ms, or too many bytes, or the end. */
export function readLine(socket: Socket, timeout: number, maximum = maximumLine): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    let text = Buffer.alloc(0)
    const stop = (act: () => void): void => {
      clearTimeout(timer)
      socket.pause()
      socket.off('data', take).off('error', fail).off('close', closed)
      act()
    }
    const fail = (error: Error): void => stop(() => reject(new GreetingError(error.message, false)))
    const closed = (): void => fail(new Error('the connection ended during the greeting'))
    const take = (bytes: Buffer): void => {
      text = Buffer.concat([text, bytes])
      const end = text.indexOf(10)
      if (end < 0 && text.length <= maximum) return
      stop(() => {
        if (end < 0) return reject(new GreetingError('it sent something that is no greeting', false))
        if (end + 1 < text.length) socket.unshift(text.subarray(end + 1))
        try {
          const value: unknown = JSON.parse(text.subarray(0, end).toString('utf8'))
          if (typeof value !== 'object' || value === null) throw new Error('no object')
          resolve(value as Record<string, unknown>)
        } catch {
          reject(new GreetingError('it sent something that is no greeting', false))
        }
      })
    }
    const timer = setTimeout(() => fail(new Error(`no greeting within ${timeout / 1000} s`)), timeout)
    socket.on('data', take).on('error', fail).on('close', closed)
    socket.resume()
  })
}

/** The side that connected: greets rank `to`. `port`: where this rank listens. */
export async function greet(
  socket: Socket,
  secret: string,
  self: Identity,
  to: number,
  port: number,
  timeout: number,
): Promise<void> {
  const own: Greeting = { lemanic: protocol, ...self, nonce: newNonce(), port }
  sendLine(socket, own)
  const answer = await readLine(socket, timeout)
  refusalIn(answer, to)
  const server = { rank: to, nonce: String(answer.nonce) }
  if (!isProof(answer.proof, proofOf(secret, 'server', own, server)))
    throw new GreetingError(`rank ${to} does not know the secret of this run, or is not rank ${to}`, true)
  sendLine(socket, { proof: proofOf(secret, 'client', own, server) })
  refusalIn(await readLine(socket, timeout), to)
}

function refusalIn(answer: Record<string, unknown>, from: number): void {
  if (typeof answer.refused === 'string') throw new GreetingError(`rank ${from} refused: ${answer.refused}`, true)
}

/** The side that listens: who is there? `isWelcome` returns why not, if so. */
export async function answer(
  socket: Socket,
  secret: string,
  self: Identity,
  isWelcome: (rank: number) => string | undefined,
  timeout: number,
): Promise<Greeted> {
  const refuse = (reason: string): never => {
    sendLine(socket, { refused: reason })
    socket.end()
    throw new GreetingError(reason, false)
  }
  const client = (await readLine(socket, timeout)) as unknown as Greeting
  if (client.lemanic !== protocol) refuse(`expected protocol ${protocol} of joinWorld, got ${String(client.lemanic)}`)
  const own = { rank: self.rank, nonce: newNonce() }
  sendLine(socket, { nonce: own.nonce, proof: proofOf(secret, 'server', client, own) })
  const { proof } = await readLine(socket, timeout)
  if (!isProof(proof, proofOf(secret, 'client', client, own))) refuse('its secret is another one')
  const { rank, worldSize, runId, port } = client
  if (runId !== self.runId) refuse(`expected the run "${self.runId}", got "${String(runId)}"`)
  if (worldSize !== self.worldSize) refuse(`expected ${self.worldSize} ranks in all, got ${String(worldSize)}`)
  if (!Number.isInteger(rank) || rank < 0 || rank >= worldSize || rank === self.rank)
    refuse(`expected a rank from 0 to ${worldSize - 1} other than ${self.rank}, got ${String(rank)}`)
  const reason = isWelcome(rank)
  if (reason !== undefined) refuse(reason)
  sendLine(socket, { welcome: self.rank })
  return { rank, port }
}
