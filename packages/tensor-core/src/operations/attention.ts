import type { AttentionAttributes, KeyWords, Spec } from '../backend.js'
import { type Scalar, withScalars } from '../compile/dynamic-number.js'
import { keyAttribute } from '../compile/traced-key.js'
import { argumentError, shapeError } from '../errors.js'
import { run } from '../run.js'
import { formatShape } from '../shape.js'
import type { Operation } from '../tape-node.js'
import type { Tensor } from '../tensor.js'
import { add, multiply, subtract } from './binary.js'
import { equal, where } from './comparison.js'
import { tensor } from './creation.js'
import { expectDType, expectRank } from './define.js'
import { dropWith } from './dropout.js'
import { type Fused, pullThrough } from './fused.js'
import { logSumExp } from './activation.js'
import { matmul } from './matmul.js'
import { broadcastTo, concat, reshape, slice, transpose } from './shaping.js'
import { exp } from './unary.js'

type Parts<Item> = { query: Item; keys: Item[]; values: Item[]; bias: Item | undefined }

function partsOf<Item>(inputs: readonly Item[], { segments, hasBias }: AttentionAttributes): Parts<Item> {
  return {
    query: inputs[0]!,
    keys: inputs.slice(1, 1 + segments),
    values: inputs.slice(1 + segments, 1 + 2 * segments),
    bias: hasBias ? inputs[1 + 2 * segments] : undefined,
  }
}

/** 0 where query i may look at key j, −∞ elsewhere: [T, ΣS]. */
function causalBias(query: Tensor, keys: readonly Tensor[]): Tensor {
  const time = query.shape[1]!
  const lengths = keys.map(({ shape }) => shape[1]!)
  const total = lengths.reduce((a, b) => a + b, 0)
  const mask = new Float32Array(time * total)
  for (let i = 0; i < time; i++) {
    let start = i * total
    for (const length of lengths) {
      mask.fill(-Infinity, Math.max(start, start + i + (length - time) + 1), start + length)
      start += length
    }
  }
  return tensor(mask, [time, total], { backend: query.backend })
}

/** [B, S, Hkv, D] of all segments → [B, H, ΣS, D], key heads repeated for their group of query heads. */
function headsFirst(parts: readonly Tensor[], heads: number): Tensor {
  const joined = transpose(concat(parts, 1), [0, 2, 1, 3])
  const [batch, own, length, width] = joined.shape as [number, number, number, number]
  if (own === heads) return joined
  const spread = broadcastTo(reshape(joined, [batch, own, 1, length, width]), [batch, own, heads / own, length, width])
  return reshape(spread, [batch, heads, length, width])
}

/** The keys that are used, their values and their columns of the bias. */
function inUse({ query, keys, values, bias }: Parts<Tensor>, used: number): Parts<Tensor> {
  const first = (x: Tensor): Tensor => slice(x, [undefined, [0, used]])
  const all = undefined
  let start = 0
  const columns = keys.map(({ shape }) => [start, (start += shape[1]!)] as const)
  return {
    query,
    keys: keys.map(first),
    values: values.map(first),
    bias:
      bias &&
      concat(
        columns.map(([begin]) => slice(bias, [all, all, all, [begin, begin + used]])),
        3,
      ),
  }
}

function composeAttention(inputs: readonly Tensor[], attributes: AttentionAttributes): readonly Tensor[] {
  const parts = partsOf(inputs, attributes)
  const { query, keys, values, bias } = attributes.used < 0 ? parts : inUse(parts, attributes.used)
  const heads = query.shape[2]!
  const q = multiply(transpose(query, [0, 2, 1, 3]), attributes.scale)
  let scores = matmul(q, headsFirst(keys, heads), { transposeB: true }) // [B, H, T, ΣS]
  if (bias !== undefined) scores = add(scores, bias)
  if (attributes.causal) scores = add(scores, causalBias(query, keys))
  const total = logSumExp(scores, { keepDimensions: true })
  const weights = exp(subtract(scores, where(equal(total, -Infinity), 0, total)))
  const kept = dropWith(weights, attributes)
  const out = transpose(matmul(kept, headsFirst(values, heads)), [0, 2, 1, 3])
  return [out, reshape(total, total.shape.slice(0, -1))]
}

function inferAttention(inputs: readonly Spec[], attributes: AttentionAttributes): readonly Spec[] {
  const { query, keys, values, bias } = partsOf(inputs, attributes)
  expectRank('attention', 'the query', query, 4)
  const [batch, time, heads, width] = query.shape as [number, number, number, number]
  let total = 0
  keys.forEach((key, i) => {
    const value = values[i]!
    expectRank('attention', 'a key', key, 4)
    const [keyBatch, length, keyHeads, keyWidth] = key.shape as [number, number, number, number]
    total += length
    const valueFits = value.shape.length === 4 && value.shape.every((size, axis) => size === key.shape[axis])
    if (
      keyBatch !== batch ||
      keyWidth !== width ||
      heads % keyHeads !== 0 ||
      keyHeads !== keys[0]!.shape[2] ||
      !valueFits
    ) {
      throw shapeError(
        'attention',
        `query ${formatShape(query.shape)}, key ${formatShape(key.shape)} and value ${formatShape(value.shape)} do not fit: expected [batch, length, heads, width] with as many key heads in every segment, a divisor of the query heads`,
      )
    }
    const { used, causal } = attributes
    if (used > length)
      throw argumentError('attention', `used: expected at most the ${length} keys of a segment, got ${used}`)
    if (causal && (used < 0 ? length : used) < time) {
      throw shapeError(
        'attention',
        `causal attention needs at least as many keys as queries in a segment, got ${used < 0 ? length : used} for ${time}`,
      )
    }
  })
  for (const input of inputs) expectDType('attention', input, 'float32')
  if (bias !== undefined) {
    const [b, h, t, s] = bias.shape
    if (bias.shape.length !== 4 || (b !== 1 && b !== batch) || (h !== 1 && h !== heads) || t !== time || s !== total) {
      throw shapeError(
        'attention',
        `the bias must have shape [1|${batch}, 1|${heads}, ${time}, ${total}], got ${formatShape(bias.shape)}`,
      )
    }
  }
  return [query, { shape: [batch, heads, time], dtype: 'float32' }]
}

/** Used by the gradient rule when a cotangent of the bias is wanted or keys are unused: only the composition gives it. */
const composedAttention: Operation<AttentionAttributes> = {
  name: 'attention (composed)',
  infer: inferAttention,
  compose: composeAttention,
}

const attentionOperation: Fused<'attention'> = {
  name: 'attention',
  infer: inferAttention,
  compose: composeAttention,
  gradient({ gradients, inputs, outputs, attributes, needs }) {
    const g = gradients[0]!
    if (attributes.used >= 0 || (attributes.hasBias && needs[needs.length - 1])) {
      const wanted = inputs.flatMap((_, i) => (needs[i] ? [i] : []))
      const found = pullThrough((variables) => run(composedAttention, variables, attributes), inputs, [g], wanted)
      return inputs.map((_, i) => (needs[i] ? found[wanted.indexOf(i)] : undefined))
    }
    return run(attentionGradientOperation, [g, outputs[0]!, outputs[1]!, ...inputs], attributes)
  },
}

const attentionGradientOperation: Fused<'attentionGradient'> = {
  name: 'attentionGradient',
  infer: (inputs, { segments }) => inputs.slice(3, 4 + 2 * segments),
  compose: ([g, , , ...inputs], attributes) =>
    pullThrough(
      (variables) => composeAttention(variables, attributes),
      inputs,
      [g!],
      Array.from({ length: 1 + 2 * attributes.segments }, (_, i) => i),
    ),
}

export interface AttentionOptions {
  /** Key j of a segment of length S is hidden from query i when j > i + (S − T). Default false. */
  readonly causal?: boolean
  /** Factor of the scores. Default 1 / √D. */
  readonly scale?: number
  /** Added to the scaled scores: [B|1, H|1, T, total keys]; −Infinity hides. */
  readonly bias?: Tensor
  /** How many keys of every segment there are, where the rest is room to grow. `bias` has columns for all. Default: all. */
  readonly used?: Scalar
  /** Dropout of the weights after the softmax, 0 ≤ rate < 1; the key decides which. Default: none. */
  readonly dropout?: { readonly rate: number; readonly key: { readonly words: KeyWords } }
}

/**
 * Scaled dot-product attention (Vaswani et al. 2017), without a T × T matrix on engines that fuse it.
 * query [B, T, H, D]; keys and values [B, S, Hkv, D], or several such segments under one softmax (CoTFormer's
 * repeats: the same positions again). Hkv divides H: grouped queries. → [B, T, H, D]. float32.
 * A query that sees no key gives zeros.
 */
export function attention(
  query: Tensor,
  keys: Tensor | readonly Tensor[],
  values: Tensor | readonly Tensor[],
  { causal = false, scale, bias, used = -1, dropout }: AttentionOptions = {},
): Tensor {
  const keyList = 'shape' in keys ? [keys] : keys
  const valueList = 'shape' in values ? [values] : values
  if (keyList.length === 0 || keyList.length !== valueList.length) {
    throw argumentError(
      'attention',
      `expected as many values as keys and at least one, got ${keyList.length} and ${valueList.length}`,
    )
  }
  const rate = dropout?.rate ?? 0
  if (!(rate >= 0 && rate < 1))
    throw argumentError('attention', `dropout: rate must be at least 0 and below 1, got ${rate}`)
  if (rate > 0 && used !== -1)
    throw argumentError('attention', 'dropout goes with all keys: it is for training, `used` is not')
  const attributes: AttentionAttributes = {
    segments: keyList.length,
    causal,
    scale: scale ?? 1 / Math.sqrt(query.shape[3] ?? 1),
    hasBias: bias !== undefined,
    rate,
    ...(rate > 0 ? { used: -1, ...keyAttribute(dropout!.key) } : { ...withScalars({ used }), key: [0, 0] }),
  }
  const inputs = [query, ...keyList, ...valueList]
  return run(attentionOperation, bias === undefined ? inputs : [...inputs, bias], attributes)[0]!
}
