import {
  add,
  broadcastTo,
  concat,
  defaultBackend,
  matmul,
  multiply,
  reshape,
  scope,
  softmax,
  tensor,
  transpose,
} from '@lemanic/tensor-core'
import type { Params, Tensor } from '@lemanic/tensor-core'
import type { Attended } from './blocks/pass.js'
import type { Decoder } from './model.js'
import type { Routing } from './stacks/routing.js'

/** Where the heads of one application of a block look. */
export interface RepeatAttention {
  /** Which of the distinct blocks, from 0. */
  readonly block: number
  /** How many times this block was applied before in the pass: 0 in the first repeat. */
  readonly visit: number
  /** For each head, the part of its attention that falls on each repeat's keys, mean over queries; sums to 1. */
  readonly heads: readonly (readonly number[])[]
}

/** Probabilities [B, H, T, ΣS] of what an attention looks at. */
function probabilities({ query, keys, bias, causal, scale }: Attended): Tensor {
  const [batch, time, heads, width] = query.shape as [number, number, number, number]
  const parts = keys.map((key) => {
    const [, length, groups] = key.shape as [number, number, number]
    const shared = broadcastTo(reshape(key, [batch, length, groups, 1, width]), [
      batch,
      length,
      groups,
      heads / groups,
      width,
    ])
    const all = transpose(reshape(shared, [batch, length, heads, width]), [0, 2, 1, 3])
    const scores = multiply(matmul(transpose(query, [0, 2, 1, 3]), all, { transposeB: true }), scale)
    if (!causal) return scores
    const hidden = new Float32Array(time * length)
    for (let t = 0; t < time; t++) hidden.fill(-Infinity, t * length + t + length - time + 1, (t + 1) * length)
    return add(scores, tensor(hidden, [1, 1, time, length], { backend: query.backend }))
  })
  const scores = parts.length === 1 ? parts[0]! : concat(parts, 3)
  return softmax(bias === undefined ? scores : add(scores, bias))
}

/**
 * Where each head of each application of a block looks, repeat by repeat: the figure of heads in the CoTFormer paper. In
 * other stacks than a CoTFormer everything falls on the one segment there is. `tokens`: 1 to contextLength ids.
 */
export async function attentionByRepeat(
  model: Decoder,
  params: Params,
  tokens: ArrayLike<number>,
  { routing }: { readonly routing?: Routing } = {},
): Promise<RepeatAttention[]> {
  const backend = Object.values(params)[0]?.backend ?? defaultBackend()
  const found: RepeatAttention[] = []
  const visits = new Map<number, number>()
  scope(() => {
    const ids = tensor(Int32Array.from(tokens), [1, tokens.length], { backend })
    const observeAttention = (attended: Attended): void => {
      const block = Number(/^blocks\.(\d+)\./.exec(attended.block)![1])
      const visit = visits.get(block) ?? 0
      visits.set(block, visit + 1)
      const all = probabilities(attended)
      const [, heads, time, total] = all.shape as [number, number, number, number]
      const values = all.dataSync()
      const lengths = attended.keys.map(({ shape }) => shape[1]!)
      const shares = Array.from({ length: heads }, (_, head) => {
        let start = 0
        return lengths.map((length) => {
          let sum = 0
          for (let t = 0; t < time; t++)
            for (let j = start; j < start + length; j++) sum += values[(head * time + t) * total + j]!
          start += length
          return sum / time
        })
      })
      found.push({ block, visit, heads: shares })
    }
    model.hiddenStates(params, { tokens: ids }, { training: false, ...(routing && { routing }), observeAttention })
  })
  return found
}
