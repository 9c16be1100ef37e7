import { attention } from '../../operations/index.js'
import { randomKey } from '../../random/key.js'
import type { Case } from '../case.js'
import type { Tolerance } from '../compare.js'
import { hostValues, normal, type HostValues } from '../host-values.js'

interface Sizes {
  readonly batch?: number
  readonly time: number
  /** Length of each key segment. */
  readonly keys: readonly number[]
  readonly heads?: number
  readonly keyHeads?: number
  readonly width?: number
  readonly causal?: boolean
  readonly bias?: 'full' | 'shared'
  readonly scale?: number
  readonly used?: number
  readonly rate?: number
}

const tolerance: Tolerance = { relative: 1e-5, scaled: 5e-6 }

function attend({
  batch = 2,
  time,
  keys,
  heads = 2,
  keyHeads = heads,
  width = 4,
  causal = false,
  bias,
  scale,
  used,
  rate,
}: Sizes): Case {
  const total = keys.reduce((a, b) => a + b, 0)
  const parts = (seed: number): HostValues[] =>
    keys.map((length, i) => normal([batch, length, keyHeads, width], seed + i))
  const biasShape = bias === 'full' ? [batch, heads, time, total] : [1, 1, time, total]
  const details = [
    causal ? 'causal' : '',
    bias === undefined ? '' : `${bias} bias`,
    scale === undefined ? '' : `scale ${scale}`,
    used === undefined ? '' : `${used} used`,
    rate === undefined ? '' : `dropout ${rate}`,
  ].filter(Boolean)
  return {
    operation: 'attention',
    name: `attention [${batch}, ${time}, ${heads}, ${width}] on ${keys.join('+')} keys of ${keyHeads} heads ${details.join(', ')}`.trim(),
    inputs: () => [
      normal([batch, time, heads, width], 1),
      ...parts(10),
      ...parts(20),
      ...(bias === undefined ? [] : [normal(biasShape, 30)]),
    ],
    compute: ([query, ...rest]) =>
      attention(query!, rest.slice(0, keys.length), rest.slice(keys.length, 2 * keys.length), {
        causal,
        ...(scale === undefined ? {} : { scale }),
        ...(used === undefined ? {} : { used }),
        ...(rate === undefined ? {} : { dropout: { rate, key: randomKey(17) } }),
        ...(bias === undefined ? {} : { bias: rest.at(-1)! }),
      }),
    tolerance,
    smooth: batch * time * total * heads < 400,
  }
}

const everyKind = [false, true].flatMap((causal) =>
  [1, 2, 3, 4].flatMap((segments) =>
    [1, 2].map((keyHeads) =>
      attend({
        batch: 1,
        time: 3,
        keys: Array.from({ length: segments }, () => 3),
        heads: 2,
        keyHeads,
        width: 3,
        causal,
      }),
    ),
  ),
)

/** Queries that see no key give zeros, and zero gradients. */
const blind: Case = {
  operation: 'attention',
  name: 'attention of a query that sees no key',
  inputs: () => [
    normal([1, 3, 1, 4], 1),
    normal([1, 3, 1, 4], 2),
    normal([1, 3, 1, 4], 3),
    hostValues([1, 1, 3, 3], [-Infinity, -Infinity, -Infinity, 0, -Infinity, 0.5, 0, 0, 0]),
  ],
  compute: ([query, key, value, bias]) => attention(query!, key!, value!, { bias: bias! }),
  tolerance,
  differentiable: [0, 1, 2],
}

/** One query a head: the first of them sees nothing. */
const blindStep: Case = {
  operation: 'attention',
  name: 'attention of single queries, one of which sees no key',
  inputs: () => [
    normal([2, 1, 1, 4], 1),
    normal([2, 3, 1, 4], 2),
    normal([2, 3, 1, 4], 3),
    hostValues([2, 1, 1, 3], [-Infinity, -Infinity, -Infinity, 0, -Infinity, 0.5]),
  ],
  compute: ([query, key, value, bias]) => attention(query!, key!, value!, { bias: bias! }),
  tolerance,
  differentiable: [0, 1, 2],
}

export const attentionCases: readonly Case[] = [
  ...everyKind,
  attend({ time: 1, keys: [1], width: 1 }),
  attend({ time: 2, keys: [5] }),
  attend({ time: 2, keys: [5], causal: true }),
  attend({ time: 3, keys: [4, 6, 3], causal: true, heads: 4, keyHeads: 2 }),
  attend({ batch: 1, time: 1, keys: [9, 9], causal: true }),
  attend({ time: 5, keys: [2, 3] }),
  attend({ time: 3, keys: [3], scale: 0.25 }),
  attend({ time: 2, keys: [3], bias: 'full' }),
  attend({ time: 2, keys: [3, 2], bias: 'shared', causal: true, heads: 2, keyHeads: 1 }),
  attend({ batch: 0, time: 2, keys: [3] }),
  attend({ batch: 1, time: 67, keys: [67], width: 17, causal: true }),
  attend({ batch: 2, time: 65, keys: [65, 65], heads: 4, keyHeads: 2, width: 16, causal: true }),
  attend({ batch: 1, time: 33, keys: [130], width: 64 }),
  attend({ batch: 1, time: 129, keys: [129, 129, 129], heads: 1, width: 32, causal: true }),
  attend({ batch: 1, time: 1, keys: [70, 70, 70], heads: 4, keyHeads: 2, width: 20, bias: 'full' }),
  attend({ time: 1, keys: [37], heads: 3, width: 64, scale: 0.2 }),
  attend({ time: 1, keys: [9], used: 5 }),
  attend({ time: 1, keys: [40, 40], used: 33, heads: 4, keyHeads: 1, width: 24, bias: 'full', causal: true }),
  attend({ time: 3, keys: [8, 8], used: 4, causal: true, bias: 'shared' }),
  attend({ batch: 1, time: 5, keys: [140], used: 131, width: 16 }),
  attend({ time: 3, keys: [3], rate: 0.4 }),
  attend({ time: 1, keys: [9], rate: 0.3 }),
  attend({ batch: 2, time: 3, keys: [5, 3], causal: true, heads: 4, keyHeads: 2, bias: 'full', rate: 0.5 }),
  attend({ batch: 2, time: 65, keys: [65, 131], heads: 2, keyHeads: 1, width: 16, causal: true, rate: 0.1 }),
  attend({ batch: 1, time: 129, keys: [129], heads: 3, width: 32, causal: true, rate: 0.9 }),
  blind,
  blindStep,
]
