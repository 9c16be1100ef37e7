import { combineInOrder, type ReduceOperation } from '@lemanic/tensor-core'
import type { Call } from './call.js'
import type { Peer } from './peer.js'

/** One rank among its peers. */
export interface Mesh {
  readonly rank: number
  readonly worldSize: number
  peer(rank: number): Peer
}

/** Up to this many bytes a vector goes to everyone as a whole: one message's delay instead of two. */
const smallBytes = 16 << 10
/** From this many bytes on, a broadcast is spread over the ranks, so that the root sends it about twice, not to each. */
const spreadBytes = 256 << 10

const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

/** The other ranks, each starting behind itself, so that not all talk to the same one at once. */
function others({ rank, worldSize }: Mesh): number[] {
  return Array.from({ length: worldSize - 1 }, (_, i) => (rank + 1 + i) % worldSize)
}

/** The part of `values` that rank `owner` reduces: equal parts, up to one entry. */
function segmentOf<Buffer extends ArrayBufferLike>(
  values: Float32Array<Buffer>,
  owner: number,
  worldSize: number,
): Float32Array<Buffer>
function segmentOf(values: Uint8Array, owner: number, worldSize: number): Uint8Array
function segmentOf(values: Float32Array | Uint8Array, owner: number, worldSize: number): Float32Array | Uint8Array {
  const at = (index: number): number => Math.floor((values.length * index) / worldSize)
  return values.subarray(at(owner), at(owner + 1))
}

export async function barrier(mesh: Mesh, call: Call): Promise<void> {
  const nothing = new Uint8Array(0)
  await Promise.all(
    others(mesh).flatMap((other) => [mesh.peer(other).send(call, 0, nothing), mesh.peer(other).receive(call, 0)]),
  )
}

export async function allGather(mesh: Mesh, call: Call, own: Uint8Array): Promise<Uint8Array[]> {
  const gathered = new Array<Uint8Array>(mesh.worldSize)
  gathered[mesh.rank] = own
  await Promise.all(
    others(mesh).flatMap((other) => [
      mesh.peer(other).send(call, 0, own),
      mesh
        .peer(other)
        .receive(call, 0)
        .then(({ bytes }) => void (gathered[other] = bytes)),
    ]),
  )
  return gathered
}

/** `own` is what the root brings. A long message is scattered, then all gather its pieces. */
export async function broadcast(mesh: Mesh, call: Call, own: Uint8Array | undefined): Promise<Uint8Array> {
  const { rank, worldSize } = mesh
  const root = call.detail
  const isSpread = (total: number): boolean => worldSize > 2 && total >= spreadBytes
  if (own !== undefined) {
    const spread = isSpread(own.length)
    await Promise.all(
      others(mesh).map((other) => {
        const peer = mesh.peer(other)
        if (!spread) return peer.send(call, 0, own)
        const piece = (index: number): Uint8Array => segmentOf(own, index, worldSize)
        return peer.send(call, 0, piece(other), own.length).then(() => peer.send(call, 1, piece(root)))
      }),
    )
    return own
  }
  const first = await mesh.peer(root).receive(call, 0)
  if (!isSpread(first.total)) return first.bytes
  const whole = new Uint8Array(first.total)
  const piece = (index: number): Uint8Array => segmentOf(whole, index, worldSize)
  piece(rank).set(first.bytes)
  await Promise.all([
    mesh.peer(root).receive(call, 1, piece(root)),
    ...others(mesh)
      .filter((other) => other !== root)
      .flatMap((other) => [
        mesh.peer(other).send(call, 1, first.bytes),
        mesh.peer(other).receive(call, 1, piece(other)),
      ]),
  ])
  return whole
}

/**
 * Reduce-scatter by pairwise exchange, then all-gather: each rank gets everybody's numbers of its own segment, adds them
 * in order of rank, and sends the result round. Sends 2·(R − 1)/R of the vector, as a ring does, and its sums do not
 * depend on the number of hops. Short vectors go to everyone, who adds by himself: the same bits.
 */
export async function allReduceInOrder(
  mesh: Mesh,
  call: Call,
  own: Float32Array,
  operation: ReduceOperation,
): Promise<Float32Array> {
  const { rank, worldSize } = mesh
  const isShort = own.byteLength <= smallBytes
  const mine = isShort ? own : segmentOf(own, rank, worldSize)
  const parts = Array.from({ length: worldSize }, (_, other) => (other === rank ? mine : new Float32Array(mine.length)))
  await Promise.all(
    others(mesh).flatMap((other) => [
      mesh.peer(other).send(call, 0, bytesOf(isShort ? own : segmentOf(own, other, worldSize))),
      mesh.peer(other).receive(call, 0, bytesOf(parts[other] as Float32Array)),
    ]),
  )
  if (isShort) return combineInOrder(parts, operation)
  const result = new Float32Array(own.length)
  const reduced = combineInOrder(parts, operation, segmentOf(result, rank, worldSize))
  await Promise.all(
    others(mesh).flatMap((other) => [
      mesh.peer(other).send(call, 1, bytesOf(reduced)),
      mesh.peer(other).receive(call, 1, bytesOf(segmentOf(result, other, worldSize))),
    ]),
  )
  return result
}

/**
 * The ring of Patarasuk and Yuan (2009): in R − 1 steps each segment travels once round and picks up the numbers of
 * every rank, in R − 1 more steps the results follow. Each rank talks to its two neighbours only. Segment s is added in
 * the order s, s + 1, …, s − 1, rounded at each rank: always the same, and the same on all ranks.
 */
export async function allReduceInRing(
  mesh: Mesh,
  call: Call,
  own: Float32Array,
  operation: ReduceOperation,
): Promise<Float32Array> {
  const { rank, worldSize } = mesh
  if (own.byteLength <= smallBytes || worldSize === 1) return allReduceInOrder(mesh, call, own, operation)
  const next = mesh.peer((rank + 1) % worldSize)
  const previous = mesh.peer((rank + worldSize - 1) % worldSize)
  const segment = (index: number): Float32Array =>
    segmentOf(own, ((index % worldSize) + worldSize) % worldSize, worldSize)
  const isMean = operation === 'mean'
  for (let step = 0; step < worldSize - 1; step += 1) {
    const target = segment(rank - step - 1)
    const arriving = new Float32Array(target.length)
    await Promise.all([
      next.send(call, step, bytesOf(segment(rank - step))),
      previous.receive(call, step, bytesOf(arriving)),
    ])
    combineInOrder([arriving, target], isMean ? 'sum' : operation, target)
  }
  if (isMean) {
    const complete = segment(rank + 1)
    complete.forEach((value, i) => (complete[i] = value / worldSize))
  }
  for (let step = 0; step < worldSize - 1; step += 1) {
    await Promise.all([
      next.send(call, worldSize + step, bytesOf(segment(rank + 1 - step))),
      previous.receive(call, worldSize + step, bytesOf(segment(rank - step))),
    ])
  }
  return own
}
