import type { LemanicError } from '@lemanic/tensor-core'
import { combineInOrder, type ReduceOperation } from '@lemanic/tensor-core'
import { callBytes, decodeCall, describeCall, encodeCall, isSameCall, type Call } from '../call.js'
import { checkRoot } from '../mesh-world.js'
import { during } from '../peer.js'
import { closedHere, mismatch } from '../refusals.js'
import type { SummationOrder, World } from '../world.js'
import type { NativeMemory, OpenMpi } from './open-mpi.js'
import { Requests } from './requests.js'

/** A vector goes through MPI in pieces of this size, so that the memory outside the heap stays small. */
const pieceBytes = 4 << 20
/** Turns of the event loop before asking once a millisecond: for ranks that may be late, and for data on its way. */
const patience = { rank: 500, data: 100_000 }
/** Up to this many bytes everyone gets all vectors and adds them by himself: one operation instead of two. */
const smallBytes = 16 << 10
const announcementBytes = callBytes + 8

const prototypes = {
  allGather: 'int MPI_Iallgather(void *a, int n, void *t, void *b, int m, void *u, void *comm, void *request)',
  allGatherV:
    'int MPI_Iallgatherv(void *a, int n, void *t, void *b, void *counts, void *starts, void *u, void *comm, void *request)',
  allToAll: 'int MPI_Ialltoall(void *a, int n, void *t, void *b, int m, void *u, void *comm, void *request)',
  allReduce: 'int MPI_Iallreduce(void *a, void *b, int n, void *t, void *op, void *comm, void *request)',
  broadcast: 'int MPI_Ibcast(void *a, int n, void *t, int root, void *comm, void *request)',
  finalize: 'int MPI_Finalize()',
  abort: 'int MPI_Abort(void *comm, int code)',
} as const

/** Collectives over Open MPI's non-blocking operations. */
export class MpiWorld implements World {
  readonly transport = 'mpi'
  readonly rank: number
  readonly worldSize: number
  readonly #mpi: OpenMpi
  readonly #order: SummationOrder
  readonly #requests: Requests
  readonly #announcement: NativeMemory
  readonly #announcements: NativeMemory
  readonly #counts: NativeMemory
  readonly #sending: NativeMemory
  readonly #receiving: NativeMemory
  #calls = 0
  #last: Promise<unknown> = Promise.resolve()
  #failure: LemanicError | undefined
  #closing: Promise<void> | undefined

  constructor(mpi: OpenMpi, rank: number, worldSize: number, timeout: number, order: SummationOrder) {
    this.rank = rank
    this.worldSize = worldSize
    this.#mpi = mpi
    this.#order = order
    this.#requests = new Requests(mpi, timeout)
    this.#announcement = mpi.allocate(announcementBytes)
    this.#announcements = mpi.allocate(announcementBytes * worldSize)
    this.#counts = mpi.allocate(8 * worldSize)
    this.#sending = mpi.allocate(pieceBytes + 4 * worldSize)
    this.#receiving = mpi.allocate(pieceBytes + 4 * worldSize)
  }

  allReduce(values: Float32Array, operation: ReduceOperation): Promise<Float32Array> {
    const own = values.slice()
    // MPI's maximum and minimum leave open what becomes of NaN: those are made here.
    const isMpis = this.#order === 'transport' && (operation === 'sum' || operation === 'mean')
    return this.#call({ kind: 'allReduce', operation, detail: own.length }, 0, (call) =>
      isMpis ? this.#reduceByMpi(call, own, operation) : this.#reduceInOrder(call, own, operation),
    )
  }

  allGather(bytes: Uint8Array): Promise<Uint8Array[]> {
    const own = new Uint8Array(bytes)
    return this.#call({ kind: 'allGather', detail: 0 }, own.length, (call, lengths) => this.#gather(call, own, lengths))
  }

  async broadcast(bytes: Uint8Array, root: number): Promise<Uint8Array> {
    checkRoot(root, this.worldSize)
    const own = root === this.rank ? new Uint8Array(bytes) : undefined
    return this.#call({ kind: 'broadcast', detail: root }, own?.length ?? 0, async (call, lengths) => {
      const whole = own ?? new Uint8Array(lengths[root] as number)
      for (let at = 0; at < whole.length; at += pieceBytes) {
        const piece = whole.subarray(at, at + pieceBytes)
        if (own !== undefined) this.#sending.bytes.set(piece)
        await this.#run(call, prototypes.broadcast, this.#sending.pointer, piece.length, this.#mpi.byte, root)
        if (own === undefined) piece.set(this.#sending.bytes.subarray(0, piece.length))
      }
      return whole
    })
  }

  /** The announcement before each call is itself complete only when all have come. */
  barrier(): Promise<void> {
    return this.#call({ kind: 'barrier', detail: 0 }, 0, () => Promise.resolve())
  }

  close(reason?: unknown): Promise<void> {
    if (reason !== undefined && this.#closing === undefined) {
      // MPI knows no way to leave with an error but to end all ranks; mpirun names the one that asked for it.
      this.#mpi.call(prototypes.abort, this.#mpi.world, 1)
    }
    this.#closing ??= (
      this.#failure === undefined
        ? this.#call({ kind: 'close', detail: 0 }, 0, () => Promise.resolve())
        : Promise.resolve()
    ).then(() => {
      if (this.#failure !== undefined) return
      this.#failure = closedHere()
      for (const memory of [this.#announcement, this.#announcements, this.#counts, this.#sending, this.#receiving])
        memory.free()
      this.#requests.free()
      this.#mpi.call(prototypes.finalize)
    })
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #reduceInOrder(call: Call, own: Float32Array, operation: ReduceOperation): Promise<Float32Array> {
    const { worldSize } = this
    const result = new Float32Array(own.length)
    if (own.byteLength <= smallBytes && own.byteLength * worldSize <= pieceBytes) {
      const { float } = this.#mpi
      const { length } = own
      this.#floats(this.#sending).set(own)
      const there = [this.#receiving.pointer, length, float]
      await this.#run(call, prototypes.allGather, this.#sending.pointer, length, float, ...there)
      return combineInOrder(partsOf(this.#floats(this.#receiving), length, worldSize), operation, result)
    }
    const pieceLength = pieceBytes / 4
    for (let at = 0; at < own.length; at += pieceLength) {
      const piece = own.subarray(at, at + pieceLength)
      const target = result.subarray(at, at + pieceLength)
      const sending = this.#floats(this.#sending)
      const receiving = this.#floats(this.#receiving)
      // Equal parts, the last ones padded: everyone reduces one, and all gather the results.
      const part = Math.ceil(piece.length / worldSize)
      sending.fill(0, 0, part * worldSize)
      sending.set(piece)
      const counts = [part, this.#mpi.float, this.#receiving.pointer, part, this.#mpi.float]
      await this.#run(call, prototypes.allToAll, this.#sending.pointer, ...counts)
      combineInOrder(partsOf(receiving, part, worldSize), operation, sending.subarray(0, part))
      await this.#run(call, prototypes.allGather, this.#sending.pointer, ...counts)
      target.set(receiving.subarray(0, target.length))
    }
    return result
  }

  async #reduceByMpi(call: Call, own: Float32Array, operation: ReduceOperation): Promise<Float32Array> {
    const pieceLength = pieceBytes / 4
    for (let at = 0; at < own.length; at += pieceLength) {
      const piece = own.subarray(at, at + pieceLength)
      this.#floats(this.#sending).set(piece)
      const { float, sum } = this.#mpi
      await this.#run(
        call,
        prototypes.allReduce,
        this.#sending.pointer,
        this.#receiving.pointer,
        piece.length,
        float,
        sum,
      )
      piece.set(this.#floats(this.#receiving).subarray(0, piece.length))
    }
    if (operation === 'mean') own.forEach((value, i) => (own[i] = value / this.worldSize))
    return own
  }

  async #gather(call: Call, own: Uint8Array, lengths: readonly number[]): Promise<Uint8Array[]> {
    const gathered = lengths.map((length) => new Uint8Array(length))
    const longest = Math.max(...lengths)
    const share = Math.floor(pieceBytes / this.worldSize)
    const counts = new Int32Array(this.#counts.bytes.buffer, 0, this.worldSize)
    const starts = new Int32Array(this.#counts.bytes.buffer, 4 * this.worldSize, this.worldSize)
    for (let at = 0; at < longest; at += share) {
      lengths.forEach((length, other) => {
        counts[other] = Math.max(0, Math.min(share, length - at))
        starts[other] = other * share
      })
      const mine = own.subarray(at, at + share)
      this.#sending.bytes.set(mine)
      await this.#run(
        call,
        prototypes.allGatherV,
        this.#sending.pointer,
        mine.length,
        this.#mpi.byte,
        this.#receiving.pointer,
        this.#counts.pointer,
        this.#counts.pointer + BigInt(4 * this.worldSize),
        this.#mpi.byte,
      )
      gathered.forEach((target, other) => {
        const start = starts[other] as number
        target.set(
          this.#receiving.bytes.subarray(start, start + (counts[other] as number)),
          Math.min(at, target.length),
        )
      })
    }
    return gathered
  }

  /** Tells all ranks what this one calls, with a length of its own, and learns theirs. */
  async #announce(call: Call, length: number): Promise<number[]> {
    const view = new DataView(this.#announcement.bytes.buffer)
    encodeCall(call, view)
    view.setFloat64(callBytes, length, true)
    const counts = [announcementBytes, this.#mpi.byte, this.#announcements.pointer, announcementBytes, this.#mpi.byte]
    await this.#requests.complete(
      (request) =>
        this.#mpi.call(prototypes.allGather, this.#announcement.pointer, ...counts, this.#mpi.world, request),
      patience.rank,
      during(call),
    )
    const all = new DataView(this.#announcements.bytes.buffer)
    return Array.from({ length: this.worldSize }, (_, other) => {
      const theirs = decodeCall(all, other * announcementBytes)
      if (!isSameCall(call, theirs))
        throw mismatch(call.index, this.rank, describeCall(call), other, describeCall(theirs))
      return all.getFloat64(other * announcementBytes + callBytes, true)
    })
  }

  #run(call: Call, prototype: string, ...values: unknown[]): Promise<void> {
    return this.#requests.complete(
      (request) => this.#mpi.call(prototype, ...values, this.#mpi.world, request),
      patience.data,
      during(call),
    )
  }

  #floats(memory: NativeMemory): Float32Array {
    return new Float32Array(memory.bytes.buffer, 0, memory.bytes.length >> 2)
  }

  #call<Result>(
    what: Omit<Call, 'index'>,
    length: number,
    run: (call: Call, lengths: readonly number[]) => Promise<Result>,
  ): Promise<Result> {
    if (this.#closing !== undefined) return Promise.reject(this.#failure ?? closedHere())
    this.#calls += 1
    const call = { ...what, index: this.#calls }
    const result = this.#last.then(async () => {
      if (this.#failure !== undefined) throw this.#failure
      try {
        return await run(call, await this.#announce(call, length))
      } catch (error) {
        throw (this.#failure ??= error as LemanicError)
      }
    })
    this.#last = result.catch(() => undefined)
    return result
  }
}

function partsOf(values: Float32Array, length: number, count: number): Float32Array[] {
  return Array.from({ length: count }, (_, i) => values.subarray(i * length, (i + 1) * length))
}
