import { LemanicError, type ReduceOperation } from '@lemanic/tensor-core'
import type { Call } from './call.js'
import type { Channel } from './channel.js'
import { allGather, allReduceInOrder, allReduceInRing, barrier, broadcast, type Mesh } from './mesh-algorithms.js'
import { Peer } from './peer.js'
import { argumentError } from '../refuse.js'
import { closedHere } from './refusals.js'
import type { SummationOrder, TransportName, World } from './world.js'

export interface MeshWorldOptions {
  readonly transport: TransportName
  readonly rank: number
  /** To every rank; nothing at the place of the own one. */
  readonly channels: readonly (Channel | undefined)[]
  readonly timeout: number
  readonly order: SummationOrder
}

/** Collectives over one channel to every other rank: TCP and shared memory. Calls are carried out one after the other. */
export class MeshWorld implements World {
  readonly transport: TransportName
  readonly rank: number
  readonly worldSize: number
  readonly #peers: Peer[]
  readonly #mesh: Mesh
  readonly #order: SummationOrder
  #calls = 0
  #last: Promise<unknown> = Promise.resolve()
  #failure: LemanicError | undefined
  #rejectCall: ((error: LemanicError) => void) | undefined
  #closing: Promise<void> | undefined

  constructor({ transport, rank, channels, timeout, order }: MeshWorldOptions) {
    this.transport = transport
    this.rank = rank
    this.worldSize = channels.length
    this.#order = order
    this.#peers = channels.flatMap((channel, other) =>
      channel === undefined ? [] : [new Peer(rank, other, channel, timeout, (error) => void this.#fail(error))],
    )
    const peers = new Map(this.#peers.map((peer) => [peer.rank, peer]))
    this.#mesh = { rank, worldSize: channels.length, peer: (other) => peers.get(other) as Peer }
  }

  allReduce(values: Float32Array, operation: ReduceOperation): Promise<Float32Array> {
    const own = values.slice()
    const algorithm = this.#order === 'rank' ? allReduceInOrder : allReduceInRing
    return this.#call({ kind: 'allReduce', operation, detail: values.length }, (call) =>
      algorithm(this.#mesh, call, own, operation),
    )
  }

  allGather(bytes: Uint8Array): Promise<Uint8Array[]> {
    const own = new Uint8Array(bytes)
    return this.#call({ kind: 'allGather', detail: 0 }, (call) => allGather(this.#mesh, call, own))
  }

  async broadcast(bytes: Uint8Array, root: number): Promise<Uint8Array> {
    checkRoot(root, this.worldSize)
    const own = root === this.rank ? new Uint8Array(bytes) : undefined
    return this.#call({ kind: 'broadcast', detail: root }, (call) => broadcast(this.#mesh, call, own))
  }

  barrier(): Promise<void> {
    return this.#call({ kind: 'barrier', detail: 0 }, (call) => barrier(this.#mesh, call))
  }

  close(reason?: unknown): Promise<void> {
    if (reason !== undefined && this.#closing === undefined && this.#failure === undefined) {
      const message = reason instanceof Error ? reason.message : String(reason)
      this.#fail(new LemanicError('rank-failed', message, { fields: { rank: this.rank }, cause: reason }))
    }
    this.#closing ??= this.#last.then(() => {
      this.#failure ??= closedHere()
      for (const peer of this.#peers) peer.leave()
    })
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #call<Result>(what: Omit<Call, 'index'>, run: (call: Call) => Promise<Result>): Promise<Result> {
    if (this.#closing !== undefined) return Promise.reject(this.#failure ?? closedHere())
    this.#calls += 1
    const call = { ...what, index: this.#calls }
    const result = this.#last.then(
      () =>
        new Promise<Result>((resolve, reject) => {
          if (this.#failure !== undefined) return reject(this.#failure)
          this.#rejectCall = reject
          run(call).then(resolve, (error: LemanicError) => reject(this.#fail(error)))
        }),
    )
    this.#last = result.catch(() => undefined)
    return result
  }

  /** The first failure is that of the world: the others are told, and every call is rejected with it. */
  #fail(error: LemanicError): LemanicError {
    if (this.#failure !== undefined) return this.#failure
    this.#failure = error
    const { rank } = error.fields
    const [message] = error.message.split('\n')
    for (const peer of this.#peers)
      peer.leave({ code: error.code, message, ...(typeof rank === 'number' ? { rank } : {}) })
    this.#rejectCall?.(error)
    return error
  }
}

export function checkRoot(root: number, worldSize: number): void {
  if (!Number.isInteger(root) || root < 0 || root >= worldSize)
    throw argumentError('broadcast', `root: expected a rank from 0 to ${worldSize - 1}, got ${root}`)
}
