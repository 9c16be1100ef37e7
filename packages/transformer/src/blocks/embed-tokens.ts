import { add, embedding, multiply, tensor } from '@lemanic/tensor-core'
import type { Params, Tensor } from '@lemanic/tensor-core'
import type { BlockConfig } from './block-config.js'
import type { Dropout } from './dropout.js'
import { normalize } from './layers.js'
import type { Places } from './places.js'

/** Rows of sines and cosines for positions (Vaswani et al. 2017): pair i at position p holds sin and cos of p · 10000^(−2i/width). */
function sinusoids(positions: ArrayLike<number>, width: number): Float32Array {
  const rows = new Float32Array(positions.length * width)
  for (let row = 0; row < positions.length; row++) {
    for (let i = 0; i < width; i += 2) {
      const angle = positions[row]! * Math.pow(10000, -i / width)
      rows[row * width + i] = Math.sin(angle)
      rows[row * width + i + 1] = Math.cos(angle)
    }
  }
  return rows
}

/** Names of the parameters that an embedding reads beside the table of tokens. */
export interface EmbeddingNames {
  readonly positions: string
  readonly norm: string
}

/** What is added to the vectors of tokens for their positions, [T or B, T, width]; undefined for other kinds of position. */
function positionRows(
  { positions: kind, positionOffset, width }: BlockConfig,
  table: Tensor | undefined,
  { backend, batch, time, past, positions, frame }: Places,
): Tensor | undefined {
  if (kind !== 'learned' && kind !== 'sinusoidal') return undefined
  if (frame !== undefined) {
    const ids = frame.tensors.positions
    if (kind === 'learned') return embedding(table!, positionOffset === 0 ? ids : add(ids, positionOffset))
    const all = Int32Array.from({ length: frame.capacity }, (_, place) => place)
    return embedding(tensor(sinusoids(all, width), [frame.capacity, width], { backend }), ids)
  }
  const shape = positions === undefined ? [time] : [batch, time]
  const places = positions ?? Int32Array.from({ length: time }, (_, t) => past + t)
  if (kind === 'sinusoidal') return tensor(sinusoids(places, width), [...shape, width], { backend })
  const rows = places.map((place) => place + positionOffset)
  return embedding(table!, tensor(rows, shape, { backend }))
}

/** Vectors of tokens at their places: int32 [B, T] → [B, T, width]. */
export function embedTokens(
  config: BlockConfig,
  params: Params,
  names: EmbeddingNames,
  tokens: Tensor,
  places: Places,
  dropout: Dropout,
): Tensor {
  let x = embedding(params['embedding.weight']!, tokens)
  if (config.embeddingScale !== 1) x = multiply(x, config.embeddingScale)
  const rows = positionRows(config, params[`${names.positions}.weight`], places)
  if (rows !== undefined) x = add(x, rows)
  if (config.embeddingNorm) x = normalize(config, params, names.norm, x)
  return dropout(x)
}
