import { readSync, writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { LemanicError } from '@lemanic/tensor-core'
import type { Channel } from './channel.js'

/** Two rings of `capacity` bytes in a file of memory that both ends have open: one to write, one to read. */
export interface Rings {
  readonly file: number
  readonly capacity: number
  /** Where the ring to write starts in the file. */
  readonly outgoing: number
  readonly incoming: number
}

const consumedFlag = 0x8000_0000

interface Reading {
  readonly target: Uint8Array
  filled: number
  readonly timer: NodeJS.Timeout
  resolve(): void
  reject(error: Error): void
}

/**
 * A channel through shared memory. Bytes pass through rings in a file on a memory file system; a Unix socket carries the
 * bells, words of four bytes: so many bytes more are in the ring, or (highest bit) so many were taken out of it.
 *
 * The kernel's reads and writes of that file copy between a rank's own memory and pages that both ranks share. A mapping
 * would need native code, and JavaScript promises no order of accesses to mapped memory; here a bell that arrived proves
 * that the bytes before it are there, waiting is the event loop's, and the end of a process is the end of its socket.
 */
export class SharedMemoryChannel implements Channel {
  readonly #socket: Socket
  readonly #rings: Rings
  readonly #timeout: number
  /** Bytes ever written, and ever taken out by the peer. */
  #written = 0
  #acknowledged = 0
  /** Bytes that ever arrived, and that were ever read. */
  #arrived = 0
  #read = 0
  #bells: Buffer = Buffer.alloc(0)
  #reading: Reading | undefined
  #waitingForRoom: { resolve(): void; reject(error: Error): void } | undefined
  #writes: Promise<void> = Promise.resolve()
  #ended: string | undefined
  #listener: ((how: string) => void) | undefined

  constructor(socket: Socket, rings: Rings, timeout: number) {
    this.#socket = socket
    this.#rings = rings
    this.#timeout = timeout
    let failure = 'its connection ended'
    socket.on('data', (bytes: Buffer) => this.#listen(bytes))
    socket.on(
      'error',
      (error: NodeJS.ErrnoException) => (failure = `its connection broke (${error.code ?? error.message})`),
    )
    socket.on('end', () => this.#finish(failure))
    socket.on('close', () => this.#finish(failure))
    socket.resume() // the rendezvous had it paused
  }

  write(parts: readonly Uint8Array[]): Promise<void> {
    const written = this.#writes.then(async () => {
      for (const part of parts) await this.#fill(part)
    })
    this.#writes = written.catch(() => undefined)
    return written
  }

  read(target: Uint8Array, silent: () => Error): Promise<void> {
    const filled = this.#drain(target, 0)
    if (filled === target.length) return Promise.resolve()
    if (this.#ended !== undefined) return Promise.reject(new Error(this.#ended))
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#reject(silent()), this.#timeout)
      this.#reading = { target, filled, timer, resolve, reject }
    })
  }

  onEnd(listener: (how: string) => void): void {
    this.#listener = listener
    if (this.#ended !== undefined) listener(this.#ended)
  }

  unreadTail(length: number): Uint8Array | undefined {
    if (this.#arrived - this.#read < length) return undefined
    const tail = new Uint8Array(length)
    this.#copyOut(tail, 0, this.#arrived - length, length)
    return tail
  }

  end(): void {
    void this.#writes.then(() => this.#socket.end())
    this.#socket.unref()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  async #fill(bytes: Uint8Array): Promise<void> {
    const { file, capacity, outgoing } = this.#rings
    for (let at = 0; at < bytes.length; ) {
      const room = capacity - (this.#written - this.#acknowledged)
      if (this.#ended !== undefined) throw new Error(this.#ended)
      if (room === 0) {
        await new Promise<void>((resolve, reject) => (this.#waitingForRoom = { resolve, reject }))
        continue
      }
      const position = this.#written % capacity
      // A quarter of the ring at a time, so that the peer reads while this rank writes.
      const length = Math.min(bytes.length - at, room, capacity - position, Math.max(capacity >> 2, 1))
      try {
        writeSync(file, bytes, at, length, outgoing + position)
      } catch (cause) {
        throw new LemanicError('shared-memory-full', `shared memory: ${(cause as Error).message}`, {
          cause,
          help: 'give the memory file system more room (docker run --shm-size=256m), or joinWorld a smaller "capacity"',
        })
      }
      at += length
      this.#written += length
      this.#ring(length)
    }
  }

  /** Moves what has arrived to `target` from `filled` on; returns how far it is filled then. */
  #drain(target: Uint8Array, filled: number): number {
    const length = Math.min(target.length - filled, this.#arrived - this.#read)
    if (length === 0) return filled
    this.#copyOut(target, filled, this.#read, length)
    this.#read += length
    this.#ring((length | consumedFlag) >>> 0)
    return filled + length
  }

  #copyOut(target: Uint8Array, at: number, from: number, length: number): void {
    const { file, capacity, incoming } = this.#rings
    const position = from % capacity
    const first = Math.min(length, capacity - position)
    readSync(file, target, at, first, incoming + position)
    if (first < length) readSync(file, target, at + first, length - first, incoming)
  }

  #ring(word: number): void {
    const bell = Buffer.allocUnsafe(4)
    bell.writeUInt32LE(word)
    if (this.#ended === undefined && this.#socket.writable) this.#socket.write(bell)
  }

  #listen(bytes: Buffer): void {
    const words = this.#bells.length === 0 ? bytes : Buffer.concat([this.#bells, bytes])
    const complete = words.length - (words.length % 4)
    for (let at = 0; at < complete; at += 4) {
      const word = words.readUInt32LE(at)
      if (word < consumedFlag) this.#arrived += word
      else this.#acknowledged += word - consumedFlag
    }
    this.#bells = words.subarray(complete)
    if (this.#written - this.#acknowledged < this.#rings.capacity) {
      this.#waitingForRoom?.resolve()
      this.#waitingForRoom = undefined
    }
    const reading = this.#reading
    if (reading === undefined) return
    const before = reading.filled
    reading.filled = this.#drain(reading.target, before)
    if (reading.filled === reading.target.length) {
      this.#reading = undefined
      clearTimeout(reading.timer)
      reading.resolve()
    } else if (reading.filled > before) reading.timer.refresh()
  }

  #finish(how: string): void {
    if (this.#ended !== undefined) return
    this.#ended = how
    this.#listener?.(how)
    this.#waitingForRoom?.reject(new Error(how))
    this.#reject(new Error(how))
  }

  #reject(error: Error): void {
    const reading = this.#reading
    this.#reading = undefined
    clearTimeout(reading?.timer)
    reading?.reject(error)
  }
}
