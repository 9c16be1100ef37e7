import type { Socket } from 'node:net'
import type { Channel } from './channel.js'

/** Unread bytes after which the sender is made to wait. */
const highWater = 4 << 20

interface Reading {
  readonly target: Uint8Array
  filled: number
  readonly timer: NodeJS.Timeout
  resolve(): void
  reject(error: Error): void
}

/** A channel over a connection (TCP, Unix socket). */
export class SocketChannel implements Channel {
  readonly #socket: Socket
  readonly #timeout: number
  #chunks: Uint8Array[] = []
  #unread = 0
  #reading: Reading | undefined
  #ended: string | undefined
  #listener: ((how: string) => void) | undefined

  /** `timeout`: milliseconds without a byte after which a read gives up. */
  constructor(socket: Socket, timeout: number) {
    this.#socket = socket
    this.#timeout = timeout
    socket.setNoDelay(true)
    // A machine that is gone answers no probes, whatever its process was doing; libuv repeats them every second.
    socket.setKeepAlive(true, 5000)
    let failure = 'its connection ended'
    socket.on('data', (bytes: Uint8Array) => this.#take(bytes))
    socket.on(
      'error',
      (error: NodeJS.ErrnoException) => (failure = `its connection broke (${error.code ?? error.message})`),
    )
    socket.on('end', () => this.#finish(failure))
    socket.on('close', () => this.#finish(failure))
    socket.resume() // the rendezvous had it paused
  }

  write(parts: readonly Uint8Array[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const last = parts.length - 1
      this.#socket.cork()
      parts.forEach((part, i) =>
        this.#socket.write(part, i < last ? undefined : (error) => (error == null ? resolve() : reject(error))),
      )
      this.#socket.uncork()
    })
  }

  read(target: Uint8Array, silent: () => Error): Promise<void> {
    const filled = this.#copy(target, 0)
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
    if (this.#unread < length) return undefined
    return Buffer.concat(this.#chunks).subarray(this.#unread - length)
  }

  end(): void {
    this.#socket.end()
    this.#socket.unref()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #take(bytes: Uint8Array): void {
    this.#chunks.push(bytes)
    this.#unread += bytes.length
    const reading = this.#reading
    if (reading !== undefined) {
      reading.filled = this.#copy(reading.target, reading.filled)
      if (reading.filled < reading.target.length) reading.timer.refresh()
      else {
        this.#reading = undefined
        clearTimeout(reading.timer)
        reading.resolve()
      }
    }
    if (this.#unread > highWater) this.#socket.pause()
  }

  /** Moves unread bytes to `target` from position `filled` on; returns how far it is filled then. */
  #copy(target: Uint8Array, filled: number): number {
    let used = 0
    while (filled < target.length && used < this.#chunks.length) {
      const chunk = this.#chunks[used] as Uint8Array
      const length = Math.min(chunk.length, target.length - filled)
      target.set(chunk.subarray(0, length), filled)
      filled += length
      this.#unread -= length
      if (length === chunk.length) used += 1
      else this.#chunks[used] = chunk.subarray(length)
    }
    this.#chunks = used === 0 ? this.#chunks : this.#chunks.slice(used)
    if (this.#unread <= highWater && this.#socket.isPaused()) this.#socket.resume()
    return filled
  }

  #finish(how: string): void {
    if (this.#ended !== undefined) return
    this.#ended = how
    this.#listener?.(how)
    this.#reject(new Error(how))
  }

  #reject(error: Error): void {
    const reading = this.#reading
    this.#reading = undefined
    clearTimeout(reading?.timer)
    reading?.reject(error)
  }
}
