import type { DecoderOptions } from './config.js'
import { describeParameters } from './parameters.js'
import { resolveDecoderConfig } from './resolve-config.js'

export interface ParameterCount {
  readonly total: number
  /** Tokens, learned positions, depth, and an output layer of its own. */
  readonly embeddings: number
  /** Everything else: blocks and norms. */
  readonly blocks: number
}

/** Numbers of learned values, each shared one counted once; four bytes each in float32. */
export function countParameters(options: DecoderOptions): ParameterCount {
  const count = { embeddings: 0, blocks: 0 }
  for (const { name, shape } of describeParameters(resolveDecoderConfig(options))) {
    const isEmbedding = name.endsWith('embedding.weight') || name === 'head.weight'
    count[isEmbedding ? 'embeddings' : 'blocks'] += shape.reduce((product, length) => product * length, 1)
  }
  return { total: count.embeddings + count.blocks, ...count }
}
