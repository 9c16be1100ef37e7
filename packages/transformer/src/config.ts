/** The order in which blocks are applied. A model has begin + layers + end distinct blocks. */
export interface StackConfig {
  /**
   * `standard`: every block once. `block-universal`: the middle blocks `repeats` times, each repeat attends to itself.
   * `cotformer`: the same, and each repeat attends to the keys and values of all repeats before it as well.
   * Default `standard`.
   */
  readonly kind: 'standard' | 'block-universal' | 'cotformer'
  /** Blocks before the repeated ones, applied once. Default 0. */
  readonly begin: number
  /** Repeated blocks (all blocks of a standard stack); at least 1. Required. */
  readonly layers: number
  /** Blocks after the repeated ones, applied once. Default 0. */
  readonly end: number
  /** How often the repeated blocks are applied; 1 for a standard stack. Default 1. */
  readonly repeats: number
  /** A norm with weights of its own after each repeat, the last included (LN-CoTFormer). Default false. */
  readonly repeatNorm: boolean
  /**
   * Added before repeat i of R: `linear` one learned vector times R − i, `learned` row R − i of a learned table,
   * `none` nothing. Default `none`.
   */
  readonly depthEmbedding: 'none' | 'linear' | 'learned'
}

/** Rotary positions: pair i of a head of width D turns by position · base^(−2i/D). */
export interface RotaryConfig {
  /** Default 10000. */
  readonly base: number
  /** Pairs are (2i, 2i + 1) when true (RoFormer), (i, i + D/2) when false (GPT-NeoX, Llama). Default true. */
  readonly interleaved: boolean
}

/** Normal initial values; norms start at 1, biases at 0. */
export interface InitializationConfig {
  /** Of embeddings and matrices. Default 0.02. */
  readonly standardDeviation: number
  /** Divide it by √(2 · distinct blocks) in the two matrices of a block that write to the residual stream. Default true. */
  readonly scaleResidual: boolean
}

/** Everything that defines a decoder; the defaults are the reference model of the CoTFormer paper. */
export interface DecoderConfig {
  /** Number of token ids. Required. */
  readonly vocabularySize: number
  /** Length d of a token's vector. Required. */
  readonly width: number
  /** Attention heads; divides the width. Required. */
  readonly heads: number
  /** Heads of keys and values (grouped queries); divides `heads`. Default `heads`. */
  readonly keyValueHeads: number
  /** The most tokens of one sequence. Required. */
  readonly contextLength: number
  readonly stack: StackConfig
  /** Before attention, before the feed-forward layer and at the end: layer norm or RMS norm. Default `layer`. */
  readonly norm: 'layer' | 'rms'
  /** Whether layer norms have a bias. Default false. */
  readonly normBias: boolean
  /** Added to the variance (or the mean square). Default 1e-5. */
  readonly normEpsilon: number
  /** Whether the linear layers of the blocks have a bias. Default false. */
  readonly bias: boolean
  /** `gelu` is exact, through erf; `gelu-tanh` is GPT-2's approximation; `swiglu` has a third matrix, the gate. Default `gelu`. */
  readonly activation: 'gelu' | 'gelu-tanh' | 'relu' | 'swiglu'
  /** Default 4 · width; for `swiglu` 8/3 · width, rounded up to a multiple of 8. */
  readonly feedForwardWidth: number
  /** Default `rotary`. */
  readonly positions: 'rotary' | 'learned' | 'none'
  readonly rotary: RotaryConfig
  /** Whether the output layer shares the embedding's weights. Default true. */
  readonly tiedHead: boolean
  /** Rate of dropout after the embedding and after both halves of a block, 0 ≤ rate < 1. Default 0. */
  readonly dropout: number
  readonly initialization: InitializationConfig
}

type Required = 'vocabularySize' | 'width' | 'heads' | 'contextLength'
type Nested = 'stack' | 'rotary' | 'initialization'

/** What a user writes: the required options, and any of the others. */
export type DecoderOptions = Pick<DecoderConfig, Required> &
  Partial<Omit<DecoderConfig, Required | Nested>> & {
    readonly stack: Pick<StackConfig, 'layers'> & Partial<StackConfig>
    readonly rotary?: Partial<RotaryConfig>
    readonly initialization?: Partial<InitializationConfig>
  }

/** Number of blocks with weights of their own. */
export function distinctBlocks({ begin, layers, end }: StackConfig): number {
  return begin + layers + end
}

/** Number of blocks that a token passes through. */
export function effectiveDepth({ begin, layers, end, repeats }: StackConfig): number {
  return begin + layers * repeats + end
}
