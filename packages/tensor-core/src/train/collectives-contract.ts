import { LemanicError } from '../errors.js'
import { randomKey } from '../random/key.js'
import { fillRandomNormal } from '../random/normal.js'
import type { Collectives } from './collectives.js'
import { combineInOrder, type ReduceOperation } from './combine-in-order.js'

/** A count that all ranks see, the length of a file for instance; the contract asks it whether ranks really wait. */
export interface SharedCounter {
  add(): void | Promise<void>
  read(): number | Promise<number>
}

export interface CollectivesContract {
  /** At 0 before the first rank starts. */
  readonly counter: SharedCounter
  /** Are sums those of `combineInOrder`, to the bit? False: only near them, and the same bits on all ranks. Default true. */
  readonly inOrder?: boolean
  /** Entries of the longest vector. Default 100 003. */
  readonly longest?: number
}

const operations: readonly ReduceOperation[] = ['sum', 'mean', 'maximum', 'minimum']
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))
const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
const isSame = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
  a !== undefined && a.length === b.length && a.every((value, i) => value === b[i])

/** What rank `rank` brings: normal numbers, among them some that are hard to add up. */
function vectorOf(rank: number, length: number): Float32Array {
  const values = fillRandomNormal(randomKey(31).foldIn(length).foldIn(rank), new Float32Array(length))
  const odd = [NaN, Infinity, -Infinity, 3e38, 1e-42, -0, 16_777_216]
  if (length > 50) odd.forEach((value, i) => (values[7 * i + ((i + rank) % 2)] = value))
  return values
}

/** What rank `rank` brings: bytes, of another length on every rank. */
function messageOf(rank: number, size: number): Uint8Array {
  return Uint8Array.from({ length: rank === 1 ? 0 : size + 13 * rank }, (_, i) => (31 * rank + i * i) % 251)
}

/**
 * Throws `contract-broken` unless these collectives do what the interface says. Every rank calls it, with equal options
 * and in its own process or beside the others; each compares with what it knows the others to bring.
 */
export async function checkCollectives(end: Collectives, contract: CollectivesContract): Promise<void> {
  const { inOrder = true, longest = 100_003, counter } = contract
  const { rank, worldSize } = end
  const expectThat = (isTrue: boolean, message: string): void => {
    if (!isTrue) throw new LemanicError('contract-broken', `collectives, rank ${rank} of ${worldSize}: ${message}`)
  }
  const ranks = Array.from({ length: worldSize }, (_, other) => other)
  expectThat(Number.isInteger(rank) && rank >= 0 && rank < worldSize, 'rank is not one of 0 … worldSize − 1')
  const present = await end.allGather(Uint8Array.of(rank))
  expectThat(
    isSame(Uint8Array.from(present.map(([first]) => first as number)), Uint8Array.from(ranks)),
    'ranks are not in order',
  )

  for (const length of [0, 1, 2, worldSize - 1, worldSize + 1, 5000, longest]) {
    const parts = ranks.map((other) => vectorOf(other, length))
    for (const operation of operations) {
      const what = `allReduce(${operation}, ${length} numbers)`
      const around = new Float32Array(length + 3)
      const own = around.subarray(3)
      own.set(parts[rank] as Float32Array)
      const waiting = end.allReduce(own, operation)
      expectThat(isSame(bytesOf(own), bytesOf(parts[rank] as Float32Array)), `${what} changed what it was given`)
      own.fill(-7)
      const reduced = await waiting
      const expected = combineInOrder(parts, operation)
      if (inOrder || operation === 'maximum' || operation === 'minimum') {
        expectThat(isSame(bytesOf(reduced), bytesOf(expected)), `${what} is not the one in order of rank`)
      } else {
        expectThat(reduced.length === length && isNear(reduced, expected, parts), `${what} is wrong`)
        const everywhere = await end.allGather(bytesOf(reduced))
        expectThat(
          everywhere.every((other) => isSame(other, bytesOf(reduced))),
          `${what} differs among ranks`,
        )
      }
      reduced.fill(rank) // results are the caller's: the next one must not know
    }
  }

  for (const size of [0, 1, 4 * longest]) {
    const own = messageOf(rank, size)
    const waiting = end.allGather(asBuffer(own))
    own.fill(9)
    const gathered = await waiting
    expectThat(gathered.length === worldSize, `allGather returned ${gathered.length} items`)
    for (const other of ranks)
      expectThat(isSame(gathered[other], messageOf(other, size)), `allGather of ${size} bytes: item ${other} is wrong`)
    for (const part of gathered) part.fill(rank)
    for (const root of ranks) {
      const received = await end.broadcast(messageOf(rank, size), root)
      expectThat(isSame(received, messageOf(root, size)), `broadcast(root ${root}) of ${size} bytes is wrong`)
      received.fill(rank)
    }
  }
  for (const root of [-1, worldSize, 0.5]) {
    const outcome = await end.broadcast(new Uint8Array(1), root).then(
      () => undefined,
      (error: unknown) => error,
    )
    expectThat(LemanicError.isInstance(outcome, 'invalid-argument'), `broadcast(root ${root}) is not refused`)
  }

  await checkWaiting(end, counter, expectThat)

  const many = Array.from({ length: 24 }, (_, i) => {
    if (i % 4 === 3) return end.barrier().then(() => Uint8Array.of(i))
    if (i % 4 === 2) return end.broadcast(Uint8Array.of(i, rank), i % worldSize)
    if (i % 4 === 1) return end.allGather(Uint8Array.of(i, rank)).then((parts) => parts[worldSize - 1] as Uint8Array)
    return end.allReduce(Float32Array.of(i), 'mean').then(([mean]) => Uint8Array.of(mean as number))
  })
  const outcomes = await Promise.all(many)
  outcomes.forEach((outcome, i) => {
    const expected = [[i], [i, worldSize - 1], [i, i % worldSize], [i]][i % 4] as number[]
    expectThat(isSame(outcome, Uint8Array.from(expected)), `of 24 calls at once, number ${i} got another's result`)
  })
}

/** Ranks wait for each other in a barrier and in allReduce, and other work goes on in them meanwhile. */
async function checkWaiting(
  end: Collectives,
  counter: SharedCounter,
  expectThat: (isTrue: boolean, message: string) => void,
): Promise<void> {
  const { rank, worldSize } = end
  for (let round = 1; round <= 3; round += 1) {
    await pause(3 * ((rank + round) % worldSize))
    await counter.add()
    await end.barrier()
    expectThat((await counter.read()) >= round * worldSize, `it passed barrier ${round} before all had come`)
    await end.barrier()
  }
  // Rank 0 comes to allReduce only after timers have run in all others while these were in it.
  const before = 3 * worldSize
  if (rank === 0) {
    for (let i = 0; (await counter.read()) < before + worldSize - 1; i += 1) {
      expectThat(i < 20_000, 'while others wait in allReduce, nothing else runs in them')
      await pause(1)
    }
    await end.allReduce(Float32Array.of(1), 'sum')
  } else {
    const waiting = end.allReduce(Float32Array.of(1), 'sum')
    await pause(5)
    await counter.add()
    await waiting
  }
}

/** Node's `Buffer` where there is one: its `slice` is a view, which implementations must not mistake for a copy. */
function asBuffer(bytes: Uint8Array): Uint8Array {
  return typeof Buffer === 'undefined' ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function isNear(got: Float32Array, expected: Float32Array, parts: readonly Float32Array[]): boolean {
  return got.every((value, i) => {
    const wanted = expected[i] as number
    if (Object.is(value, wanted) || value === wanted) return true
    const scale = parts.reduce((sum, part) => sum + Math.abs(part[i] as number), 0)
    return Math.abs(value - wanted) <= 1e-6 * scale || (Number.isNaN(wanted) && Number.isNaN(value)) || scale > 3e38
  })
}

/**
 * Throws `contract-broken` unless ranks that call different functions, or pass vectors of different lengths, all hear of
 * it instead of waiting for ever. The collectives cannot be used afterwards. With one rank there is nothing to check.
 */
export async function checkCollectivesMismatch(end: Collectives, how: 'function' | 'length'): Promise<void> {
  if (end.worldSize === 1) return
  const isOdd = end.rank === end.worldSize - 1
  const call = how === 'function' && isOdd ? end.barrier() : end.allReduce(new Float32Array(isOdd ? 3 : 2), 'sum')
  const outcome = await call.then(
    () => 'a result',
    (error: unknown) => error,
  )
  if (!LemanicError.isInstance(outcome, 'collective-mismatch')) {
    throw new LemanicError(
      'contract-broken',
      `collectives, rank ${end.rank}: expected the error collective-mismatch, got ${String(outcome)}`,
      { cause: outcome },
    )
  }
}
