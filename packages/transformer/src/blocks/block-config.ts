/**
 * How rotary frequencies are changed for contexts longer than those of training: `linear` divides all by `factor`;
 * `llama3` divides those whose wavelength exceeds originalContext / lowFrequencyFactor, leaves those below
 * originalContext / highFrequencyFactor, and blends in between (Llama 3.1).
 */
export type RotaryScaling =
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3'
      readonly factor: number
      readonly lowFrequencyFactor: number
      readonly highFrequencyFactor: number
      readonly originalContextLength: number
    }

/** Rotary positions (Su et al. 2021): pair i of the D rotated numbers of a head turns by position · base^(−2i/D). */
export interface RotaryConfig {
  /** Default 10000. */
  readonly base: number
  /** Pairs are (2i, 2i + 1) when true (RoFormer), (i, i + D/2) when false (GPT-NeoX, Llama). Default true. */
  readonly interleaved: boolean
  /** Which part of each head is rotated, from its beginning; 0 < fraction ≤ 1 (0.25 in Pythia). Default 1. */
  readonly fraction: number
  /** Default null: the frequencies as they are. */
  readonly scaling: RotaryScaling | null
}

/** Relative positions in buckets, whose learned biases are added to the scores (Raffel et al. 2020). */
export interface RelativeConfig {
  /** Rows of the table: half of them for single distances, half for ranges that grow. Even; at least 4. Default 32. */
  readonly buckets: number
  /** From this distance on all share the last bucket. Default 128. */
  readonly maximumDistance: number
}

/** Normal initial values; norms start at 1, biases at 0. */
export interface InitializationConfig {
  /** Of embeddings and matrices. Default 0.02. */
  readonly standardDeviation: number
  /** Divide it by √(2 · distinct blocks) in the two matrices of a block that write to the residual stream. Default true. */
  readonly scaleResidual: boolean
}

/** Functions between the two linear layers of a block; the gated ones have a third, the gate. */
export const activations = ['gelu', 'gelu-tanh', 'relu', 'swiglu', 'gated-gelu', 'gated-gelu-tanh'] as const

/** What tells a token where it is. */
export const positionKinds = ['rotary', 'learned', 'sinusoidal', 'relative', 'none'] as const

/** What blocks, embeddings and output layers are made of; decoders and encoder–decoders share it. */
export interface BlockConfig {
  /** Number of token ids. Required. */
  readonly vocabularySize: number
  /** Length d of a token's vector. Required. */
  readonly width: number
  /** Attention heads. Required. */
  readonly heads: number
  /** Heads of keys and values (grouped queries); divides `heads`. Default `heads`. */
  readonly keyValueHeads: number
  /** Length of one head's queries, keys and values. Default width / heads, which must then be whole. */
  readonly headWidth: number
  /** The most tokens of one sequence. Required. */
  readonly contextLength: number
  /** Layer norm or RMS norm. Default `layer`. */
  readonly norm: 'layer' | 'rms'
  /** `pre`: x + f(norm x), and a norm at the end of the stack. `post`: norm(x + f(x)), and none at the end. Default `pre`. */
  readonly normPlacement: 'pre' | 'post'
  /** Whether layer norms have a bias. Default false. */
  readonly normBias: boolean
  /** Added to the variance (or the mean square). Default 1e-5. */
  readonly normEpsilon: number
  /** A norm after the embedding (BART). Default false. */
  readonly embeddingNorm: boolean
  /** The embedding is multiplied by it (√width in some). Default 1. */
  readonly embeddingScale: number
  /** Whether the linear layers of the blocks have a bias. Default false. */
  readonly bias: boolean
  /** `parallel`: attention and feed-forward layer both read the block's input (GPT-NeoX); needs `pre`. Default `sequential`. */
  readonly residual: 'sequential' | 'parallel'
  /**
   * `gelu` is exact, through erf; `gelu-tanh` is GPT-2's approximation; `swiglu`, `gated-gelu` and `gated-gelu-tanh`
   * have a third matrix, the gate. Default `gelu`.
   */
  readonly activation: (typeof activations)[number]
  /** Default 4 · width; for gated activations 8/3 · width, rounded up to a multiple of 8. */
  readonly feedForwardWidth: number
  /**
   * `rotary` turns queries and keys, `learned` adds rows of a table to the embedding, `sinusoidal` adds sines and
   * cosines (Vaswani et al. 2017), `relative` adds learned biases to the scores. Default `rotary`.
   */
  readonly positions: (typeof positionKinds)[number]
  /** Rows of the learned table before the one of the first position (2 in BART). Default 0. */
  readonly positionOffset: number
  readonly rotary: RotaryConfig
  readonly relative: RelativeConfig
  /** Factor of the attention scores. Default 1 / √headWidth. */
  readonly attentionScale: number
  /** Whether the output layer shares the embedding's weights. Default true. */
  readonly tiedHead: boolean
  /** Whether the output layer has a bias; `fixed`: one that training does not change (BART's). Default false. */
  readonly headBias: boolean | 'fixed'
  /** What the output layer reads is multiplied by it (1 / √width in T5 v1.0). Default 1. */
  readonly headScale: number
  /** Rate of dropout after the embedding and after each part of a block, 0 ≤ rate < 1. Default 0. */
  readonly dropout: number
  /** Rate of dropout of the weights that attention mixes values with. Default 0. */
  readonly attentionDropout: number
  /** Rate of dropout of what the last matrix of a feed-forward layer reads. Default 0. */
  readonly activationDropout: number
  /** Rate of dropout after the last norm (T5). Default 0. */
  readonly finalDropout: number
  readonly initialization: InitializationConfig
}

/** Whether the activation has a gate, a third matrix. */
export function isGated({ activation }: Pick<BlockConfig, 'activation'>): boolean {
  return activation === 'swiglu' || activation === 'gated-gelu' || activation === 'gated-gelu-tanh'
}
