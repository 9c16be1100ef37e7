import type { BlockConfig } from './blocks/block-config.js'
import type { CapacitySampler } from './stacks/capacity-samplers.js'

/** How tokens stop before the last repeat. */
export const haltingKinds = ['none', 'mixture-of-repeats', 'stick-breaking', 'ponder-net'] as const

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
  /**
   * How tokens stop before the last repeat. `mixture-of-repeats`: a router after each repeat chooses those that go on
   * (a CoTFormer computes them alone; Block Universal copies the others forward); `stick-breaking` and `ponder-net` learn
   * probabilities to halt. All need a stack with at least two repeats. Default `none`.
   */
  readonly halting: (typeof haltingKinds)[number]
  /**
   * Part of all tokens that goes on after each repeat while a Mixture of Repeats trains: a rule by which they are drawn for
   * each batch, or repeats − 1 numbers from 0 to 1, none larger than the one before. Default `uniform`.
   */
  readonly capacities: CapacitySampler | readonly number[]
  /** Weight in the loss of stick-breaking's expected repeats (default 0.03) or PonderNet's divergence (default 0.2). */
  readonly haltingWeight: number
  /** Stick-breaking: a token is done when it has halted with this probability. Default 0.999. */
  readonly haltingThreshold: number
  /** PonderNet: the probability to halt in the geometric distribution that it is drawn to. Default 0.4. */
  readonly haltingPrior: number
}

/** Everything that defines a decoder; the defaults are the reference model of the CoTFormer paper. */
export interface DecoderConfig extends BlockConfig {
  readonly stack: StackConfig
  /**
   * Learned vectors that follow every token and give the model more places to compute in (Goyal et al. 2024); the next
   * token is read after the last of them. They count in attention, not in contextLength. Default 0.
   */
  readonly pauseTokens: number
}

type Required = 'vocabularySize' | 'width' | 'heads' | 'contextLength'
type Nested = 'rotary' | 'relative' | 'initialization'

/** The options that decoders and encoder–decoders share: the required ones, and any of the others. */
export type BlockOptions = Pick<BlockConfig, Required> &
  Partial<Omit<BlockConfig, Required | Nested>> & { readonly [Name in Nested]?: Partial<BlockConfig[Name]> }

/** What a user writes: the required options, and any of the others. */
export type DecoderOptions = BlockOptions & {
  readonly stack: Pick<StackConfig, 'layers'> & Partial<StackConfig>
  readonly pauseTokens?: number
}

/** Everything that defines an encoder–decoder: two standard stacks of the same kind of block, one embedding. */
export interface EncoderDecoderConfig extends BlockConfig {
  /** Blocks of the encoder. Required. */
  readonly encoderLayers: number
  /** Blocks of the decoder, each with attention to the encoder's result. Default `encoderLayers`. */
  readonly decoderLayers: number
  /** The id that begins every decoded text. Required. */
  readonly startToken: number
}

/** What a user writes: the required options, and any of the others. */
export type EncoderDecoderOptions = BlockOptions & {
  readonly encoderLayers: number
  readonly decoderLayers?: number
  readonly startToken: number
}

/** Number of blocks with weights of their own. */
export function distinctBlocks({ begin, layers, end }: Pick<StackConfig, 'begin' | 'layers' | 'end'>): number {
  return begin + layers + end
}

/** Number of blocks that a token passes through, if it takes all repeats. */
export function effectiveDepth({
  begin,
  layers,
  end,
  repeats,
}: Pick<StackConfig, 'begin' | 'layers' | 'end' | 'repeats'>): number {
  return begin + layers * repeats + end
}
