import { LemanicError } from '@lemanic/tensor-core'
import { callBytes, decodeCall, describeCall, encodeCall, isSameCall, type Call } from './call.js'
import type { Channel } from './channel.js'
import { mismatch, rankFailed, rankLeft, rankLost, timedOut } from './refusals.js'

// A message is cut into frames: header of 40 bytes, then up to 512 KiB. The last frame of a rank says why it leaves; it
// has a fixed size, so that it is found at the end of a stream even where the frames before it were not read.

const headerBytes = 40
const frameBytes = 512 << 10
const leaveBytes = 2048
const types = { data: 1, leave: 2 } as const
const leaveMark = 0x5446454c

/** Why a rank left: after its last call, or because of an error, maybe one about another rank. */
interface Leave {
  readonly code?: string
  readonly message?: string
  /** The rank at fault, where the error is about one. */
  readonly rank?: number
}

export interface Message {
  readonly bytes: Uint8Array
  /** What the sender says of the whole that this message is a part of; default its length. */
  readonly total: number
}

/** Another rank, as this rank sees it. */
export class Peer {
  readonly rank: number
  readonly #own: number
  readonly #channel: Channel
  readonly #timeout: number
  readonly #onFailure: (error: LemanicError) => void
  #gone: LemanicError | undefined
  #isLeaving = false

  constructor(own: number, rank: number, channel: Channel, timeout: number, onFailure: (error: LemanicError) => void) {
    this.rank = rank
    this.#own = own
    this.#channel = channel
    this.#timeout = timeout
    this.#onFailure = onFailure
    channel.onEnd((how) => this.#ended(how))
  }

  /** Sends a message that belongs to `call`; resolves when `bytes` may be changed. */
  async send(call: Call, phase: number, bytes: Uint8Array, total = bytes.length): Promise<void> {
    let before: Promise<void> = Promise.resolve()
    for (let at = 0; at === 0 || at < bytes.length; at += frameBytes) {
      const part = bytes.subarray(at, at + frameBytes)
      const writing = this.#write([header(call, phase, part.length, bytes.length, total), part], call)
      writing.catch(() => undefined) // seen below
      await before // one frame is under way while the next is handed over
      before = writing
    }
    await before
  }

  /** The peer's next message, which must belong to `call`; into `into` where its length is known. */
  async receive(call: Call, phase: number, into?: Uint8Array): Promise<Message> {
    const head = new Uint8Array(headerBytes)
    const view = new DataView(head.buffer)
    let target = into
    let filled = 0
    do {
      await this.#read(head, call)
      if (view.getUint8(0) === types.leave) throw await this.#readLeave(head, call)
      const theirs = decodeCall(view, 8)
      if (!isSameCall(call, theirs))
        throw mismatch(call.index, this.#own, describeCall(call), this.rank, describeCall(theirs))
      const length = view.getFloat64(8 + callBytes, true)
      const part = view.getUint32(4, true)
      target ??= new Uint8Array(length)
      if (target.length !== length || view.getUint16(2, true) !== phase || filled + part > length)
        throw rankLost(this.rank, 'it sent what does not belong here', during(call))
      await this.#read(target.subarray(filled, filled + part), call)
      filled += part
    } while (filled < target.length)
    return { bytes: target, total: view.getFloat64(16 + callBytes, true) }
  }

  /** Tells the peer why this rank leaves, and ends the channel once that is sent. */
  leave(reason?: Leave): void {
    if (this.#isLeaving) return
    this.#isLeaving = true
    const bytes = new Uint8Array(leaveBytes)
    const view = new DataView(bytes.buffer)
    view.setUint8(0, types.leave)
    view.setUint32(4, leaveMark, true)
    const { message, ...rest } = reason ?? {}
    const text = JSON.stringify({ ...rest, ...(message === undefined ? {} : { message: message.slice(0, 300) }) })
    new TextEncoder().encodeInto(text, bytes.subarray(headerBytes))
    this.#channel.write([bytes]).catch(() => undefined)
    this.#channel.end()
    setTimeout(() => this.#channel.destroy(), 5000).unref()
  }

  async #write(parts: readonly Uint8Array[], call: Call): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    try {
      await Promise.race([
        this.#channel.write(parts),
        new Promise<never>((_, reject) => {
          timer = setTimeout(() => reject(timedOut(this.rank, this.#timeout, during(call))), this.#timeout)
        }),
      ])
    } catch (error) {
      throw this.#explain(error, call)
    } finally {
      clearTimeout(timer)
    }
  }

  async #read(target: Uint8Array, call: Call): Promise<void> {
    try {
      await this.#channel.read(target, () => timedOut(this.rank, this.#timeout, during(call)))
    } catch (error) {
      throw this.#explain(error, call)
    }
  }

  #explain(error: unknown, call: Call): LemanicError {
    if (this.#gone !== undefined) return this.#gone
    return LemanicError.isInstance(error) ? error : rankLost(this.rank, (error as Error).message, during(call))
  }

  async #readLeave(head: Uint8Array, call: Call): Promise<LemanicError> {
    const rest = new Uint8Array(leaveBytes - headerBytes)
    await this.#read(rest, call)
    return this.#errorOf(parseLeave(rest)) ?? rankLeft(this.rank, during(call))
  }

  #ended(how: string): void {
    const tail = this.#channel.unreadTail(leaveBytes)
    const isLeave =
      tail !== undefined &&
      tail[0] === types.leave &&
      new DataView(tail.buffer, tail.byteOffset).getUint32(4, true) === leaveMark
    if (isLeave) {
      const error = this.#errorOf(parseLeave(tail.subarray(headerBytes)))
      // After its last call a rank may leave; who still waits for it learns that by reading on.
      this.#gone = error ?? rankLeft(this.rank, 'while others still call')
      if (error !== undefined) this.#onFailure(error)
    } else if (!this.#isLeaving) {
      this.#gone ??= rankLost(this.rank, how, 'between calls or in one')
      this.#onFailure(this.#gone)
    }
  }

  #errorOf({ code, message = '', rank = this.rank }: Leave): LemanicError | undefined {
    if (code === undefined) return undefined
    if (code === 'rank-failed') return rankFailed(rank, message)
    return new LemanicError(code, `${message} (told by rank ${this.rank})`, { fields: { rank, toldBy: this.rank } })
  }
}

export function during(call: Call): string {
  return `in collective call ${call.index}, ${describeCall(call)}`
}

function header(call: Call, phase: number, part: number, length: number, total: number): Uint8Array {
  const bytes = new Uint8Array(headerBytes)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, types.data)
  view.setUint16(2, phase, true)
  view.setUint32(4, part, true)
  encodeCall(call, view, 8)
  view.setFloat64(8 + callBytes, length, true)
  view.setFloat64(16 + callBytes, total, true)
  return bytes
}

function parseLeave(bytes: Uint8Array): Leave {
  const end = bytes.indexOf(0)
  return JSON.parse(new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end))) as Leave
}
