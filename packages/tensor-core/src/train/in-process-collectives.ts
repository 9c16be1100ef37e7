import { argumentError, LemanicError } from '../errors.js'
import type { Collectives } from './collectives.js'
import { combineInOrder } from './combine-in-order.js'

interface Round {
  /** What the first rank called; the others must call the same. */
  readonly call: string
  readonly payloads: Uint8Array[]
  arrived: number
  readonly done: Promise<readonly Uint8Array[]>
  resolve(payloads: readonly Uint8Array[]): void
  reject(error: Error): void
}

function openRound(call: string, worldSize: number): Round {
  let resolve!: Round['resolve']
  let reject!: Round['reject']
  const done = new Promise<readonly Uint8Array[]>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { call, payloads: new Array<Uint8Array>(worldSize), arrived: 0, done, resolve, reject }
}

/**
 * Collectives of `worldSize` ranks inside one process, for tests and simulations that run several trainings side by
 * side. Item i is rank i's end. Ranks that call different functions, or pass arrays of different lengths, all get an
 * error that names both calls.
 */
export function inProcessCollectives(worldSize: number): Collectives[] {
  if (!Number.isInteger(worldSize) || worldSize < 1)
    throw argumentError('inProcessCollectives', `expected a whole number ≥ 1, got ${worldSize}`)
  const rounds = new Map<number, Round>()

  const connect = (rank: number): Collectives => {
    let calls = 0
    const exchange = (call: string, payload: Uint8Array): Promise<readonly Uint8Array[]> => {
      const index = calls
      calls += 1
      const round = rounds.get(index) ?? openRound(call, worldSize)
      rounds.set(index, round)
      if (round.call !== call) {
        round.reject(
          new LemanicError(
            'collective-mismatch',
            `collective call ${index + 1}: rank ${rank} calls ${call}, another rank ${round.call}`,
            { fields: { rank, call, other: round.call } },
          ),
        )
      }
      round.payloads[rank] = new Uint8Array(payload) // slice() of a Buffer would be a view
      round.arrived += 1
      if (round.arrived === worldSize) {
        rounds.delete(index)
        round.resolve(round.payloads)
      }
      return round.done
    }
    return {
      rank,
      worldSize,
      async allReduce(values, operation) {
        const parts = await exchange(
          `allReduce(${operation}, ${values.length} numbers)`,
          new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
        )
        return combineInOrder(
          parts.map((part) => new Float32Array(part.buffer, part.byteOffset, part.byteLength / 4)),
          operation,
        )
      },
      async allGather(bytes) {
        return (await exchange('allGather', bytes)).map((part) => part.slice())
      },
      async broadcast(bytes, root) {
        if (!Number.isInteger(root) || root < 0 || root >= worldSize)
          throw argumentError('broadcast', `root: expected a rank from 0 to ${worldSize - 1}, got ${root}`)
        return ((await exchange(`broadcast(root ${root})`, bytes))[root] as Uint8Array).slice()
      },
      async barrier() {
        await exchange('barrier', new Uint8Array(0))
      },
    }
  }
  return Array.from({ length: worldSize }, (_, rank) => connect(rank))
}
