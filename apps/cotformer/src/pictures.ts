import type { Params } from '@lemanic/tensor-core'
import { attentionByRepeat, type Decoder, traceExits } from '@lemanic/transformer'

type Curves = Record<string, { x: number[]; y: number[] }>

/** Names of the curves that hold pictures: what follows is the place. */
export const attentionPrefix = 'attention '
export const tracePrefix = 'trace '

/**
 * Where each head of each repeat looks, as curves: `attention LAYER VISIT HEAD`, x the repeats, y the part of its attention,
 * mean over sequences (their last token is only a target).
 */
export async function attentionCurves(
  decoder: Decoder,
  params: Params,
  sequences: readonly Int32Array[],
): Promise<Curves> {
  const sums = new Map<string, number[]>()
  for (const sequence of sequences) {
    for (const { block, visit, heads } of await attentionByRepeat(decoder, params, sequence.subarray(0, -1))) {
      heads.forEach((shares, head) => {
        const name = `${attentionPrefix}${block} ${visit} ${head}`
        const former = sums.get(name) ?? shares.map(() => 0)
        sums.set(
          name,
          former.map((value, i) => value + shares[i]! / sequences.length),
        )
      })
    }
  }
  return Object.fromEntries([...sums].map(([name, y]) => [name, { x: y.map((_, i) => i + 1), y }]))
}

/**
 * The way of each token of a sequence through an adaptive model, as curves: `trace PLACE TEXT`, first the repeats that it
 * took (at x = 0), then the weight that each router gave it.
 */
export async function traceCurves(
  decoder: Decoder,
  params: Params,
  sequence: Int32Array,
  thresholds: readonly number[],
  textOf: (id: number) => string,
): Promise<Curves> {
  const tokens = sequence.subarray(0, -1)
  const { repeats, weights } = await traceExits(decoder, params, tokens, { routing: { thresholds } })
  const curves: Curves = {}
  tokens.forEach((id, place) => {
    const own = weights.map((all) => all[place]!).filter((weight) => !Number.isNaN(weight))
    const name = `${tracePrefix}${String(place).padStart(3, '0')} ${textOf(id)}`
    curves[name] = { x: [0, ...own.map((_, i) => i + 1)], y: [repeats[place]!, ...own] }
  })
  return curves
}
