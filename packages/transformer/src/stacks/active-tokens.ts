/** Shapes: B sequences of T tokens; K of each that a repeat still works on. */
import {
  add,
  gather,
  lessEqual,
  reshape,
  sigmoid,
  sort,
  takeAlongAxis,
  tensor,
  topK,
  where,
} from '@lemanic/tensor-core'
import type { Tensor } from '@lemanic/tensor-core'
import type { Places } from '../blocks/places.js'
import { tokensAtCapacity, type Routing } from './routing.js'

/** No query stands so late: a key at this position is seen by none. */
export const hiddenPosition = 2 ** 30

/** The tokens that a repeat works on, in the order of the sequence. */
export interface ActiveTokens {
  /** K. */
  readonly count: number
  /** Their places in [B · T], int32 [B, K]; absent where they are all tokens. */
  readonly flat?: Tensor
  /** int32 [B, K]; for rotations and for what their queries see. */
  readonly positions: Tensor
  /** int32 [B, K]; the hidden position for padding, and for rows that have fewer tokens than others. */
  readonly keyPositions: Tensor
  /** 1 for tokens, 0 where a row has fewer than others, [B · K]; absent where all are tokens. */
  readonly valid?: Uint8Array
}

/** Some of the active tokens, and their weights. */
export interface Chosen {
  /** Undefined when none goes on. */
  readonly active: ActiveTokens | undefined
  /** Their places among those they were chosen from, in [B · K], int32 [B, k]; absent where all go on. */
  readonly local?: Tensor
  /** Sigmoid of the score that chose each, [B, k, 1]. */
  readonly weight: Tensor
}

/** All tokens of a pass. */
export function everyToken({ backend, batch, time, past, positions, visible }: Places): ActiveTokens {
  const all = positions ?? Int32Array.from({ length: batch * time }, (_, i) => past + (i % time))
  const total = past + time
  const keys =
    visible &&
    all.map((position, i) => (visible[Math.floor(i / time) * total + past + (i % time)] ? position : hiddenPosition))
  const make = (values: Int32Array): Tensor => tensor(values, [batch, time], { backend })
  const own = make(all)
  return { count: time, positions: own, keyPositions: keys === undefined ? own : make(keys) }
}

/** Entries of x [B · K, …] at local places [B, k]. */
export const pick = (x: Tensor, local: Tensor): Tensor =>
  gather(reshape(x, [x.shape[0]! * x.shape[1]!, ...x.shape.slice(2)]), local)

function choose(active: ActiveTokens, local: Tensor, valid?: Uint8Array): ActiveTokens {
  const { backend, shape } = local
  const keys = pick(active.keyPositions, local)
  const isToken = valid && tensor(valid, shape, { dtype: 'bool', backend })
  return {
    count: shape[1]!,
    flat: active.flat === undefined ? local : pick(active.flat, local),
    positions: pick(active.positions, local),
    keyPositions: isToken === undefined ? keys : where(isToken, keys, hiddenPosition),
    ...(valid && { valid }),
  }
}

/** First places of the rows of [B, K] in [B · K], int32 [B, 1]. */
function rowStarts(batch: number, count: number, like: Tensor): Tensor {
  return tensor(
    Int32Array.from({ length: batch }, (_, row) => row * count),
    [batch, 1],
    { backend: like.backend },
  )
}

/**
 * The tokens that go on after repeat `router`, for scores [B, K, 1] of the active ones. Capacities choose on the engine,
 * thresholds on the host: rows may then keep different numbers of tokens.
 */
export function chooseTokens(
  active: ActiveTokens,
  scores: Tensor,
  routing: Routing,
  router: number,
  total: number,
): Chosen {
  const [batch, count] = scores.shape as [number, number, number]
  const all = { active, weight: sigmoid(scores) }
  if ('thresholds' in routing) return overThreshold(active, all.weight, routing.thresholds[router - 1]!)
  const wanted = Math.min(count, tokensAtCapacity(routing.capacities[router - 1]!, total))
  if (wanted === count) return all
  if (wanted === 0) return { active: undefined, weight: all.weight }
  const flatScores = reshape(scores, [batch, count])
  const open = where(lessEqual(active.keyPositions, hiddenPosition - 1), flatScores, -Infinity) // padding goes on last
  const { values: inRow } = sort(topK(open, wanted).indices) // [B, k], in the order of the sequence
  const local = inRow.shape[0] === 1 ? inRow : add(inRow, rowStarts(batch, count, scores))
  const weight = reshape(sigmoid(takeAlongAxis(flatScores, inRow)), [batch, wanted, 1])
  return { active: choose(active, local), local, weight }
}

function overThreshold(active: ActiveTokens, weight: Tensor, threshold: number): Chosen {
  const [batch, count] = weight.shape as [number, number, number]
  const values = weight.dataSync()
  const positions = active.keyPositions.dataSync()
  const rows = Array.from({ length: batch }, (_, row) => {
    const chosen: number[] = []
    for (let i = row * count; i < (row + 1) * count; i++)
      if (values[i]! > threshold && positions[i]! < hiddenPosition) chosen.push(i)
    return chosen
  })
  const longest = Math.max(...rows.map(({ length }) => length))
  if (longest === 0) return { active: undefined, weight }
  if (rows.every(({ length }) => length === count)) return { active, weight }
  const places = new Int32Array(batch * longest)
  const valid = new Uint8Array(batch * longest)
  rows.forEach((chosen, row) => {
    for (let i = 0; i < longest; i++) {
      places[row * longest + i] = chosen[i] ?? row * count
      valid[row * longest + i] = i < chosen.length ? 1 : 0
    }
  })
  const local = tensor(places, [batch, longest], { backend: weight.backend })
  return { active: choose(active, local, valid.includes(0) ? valid : undefined), local, weight: pick(weight, local) }
}
