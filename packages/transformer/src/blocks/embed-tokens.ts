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

/** Vectors of tokens at their places: int32 [B, T] → [B, T, width]. */
export function embedTokens(
  config: BlockConfig,
  params: Params,
  names: EmbeddingNames,
  tokens: Tensor,
  { backend, batch, time, past, positions }: Places,
  dropout: Dropout,
): Tensor {
  let x = embedding(params['embedding.weight']!, tokens)
  if (config.embeddingScale !== 1) x = multiply(x, config.embeddingScale)
  const shape = positions === undefined ? [time] : [batch, time]
  const places = positions ?? Int32Array.from({ length: time }, (_, t) => past + t)
  if (config.positions === 'learned') {
    const rows = tensor(
      places.map((place) => place + config.positionOffset),
      shape,
      { backend },
    )
    x = add(x, embedding(params[`${names.positions}.weight`]!, rows))
  }
  if (config.positions === 'sinusoidal')
    x = add(x, tensor(sinusoids(places, config.width), [...shape, config.width], { backend }))
  if (config.embeddingNorm) x = normalize(config, params, names.norm, x)
  return dropout(x)
}
