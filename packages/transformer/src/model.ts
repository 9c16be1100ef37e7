import type { Params, RandomKey, Tensor } from '@lemanic/tensor-core'
import type { KeyValueCache } from './blocks/key-value-cache.js'
import type { Attended } from './blocks/pass.js'
import type { DecoderConfig, EncoderDecoderConfig } from './config.js'
import type { Routing } from './stacks/routing.js'
import type { RepeatObserver } from './stacks/stack.js'

/** Token ids, int32 [B, T], each from 0 to vocabularySize − 1. */
export interface TokenBatch {
  readonly tokens: Tensor
  /** int32 or bool [B, T], 0 at padding: hidden from attention, and not counted by positions. Default: no padding. */
  readonly mask?: Tensor
}

/** Token ids and what follows each of them, both int32 [B, T]; a target of −100 counts for nothing. */
export interface TrainingBatch extends TokenBatch {
  readonly targets: Tensor
}

/** How a model is applied. */
export interface ApplyContext {
  /** False switches dropout off although there is a key. */
  readonly training?: boolean
  /** Decides what dropout drops; without it nothing is dropped. Fold the step in: a key serves once. */
  readonly key?: RandomKey
  /**
   * Keys and values of the tokens before these: the pass continues them, and adds its own. A decoder's cache holds
   * everything before; an encoder–decoder's the decoded tokens and what was made of the source. Not for gradients.
   */
  readonly cache?: KeyValueCache
  /** Which tokens of a Mixture of Repeats go on. Default: in training the configured capacities, else all of them. */
  readonly routing?: Routing
  /** Is shown every repeat of a stack that halts. Internal: see `traceExits`. */
  readonly observeRepeats?: RepeatObserver
  /** Is shown what every attention looks at. Internal: see `attentionByRepeat`. */
  readonly observeAttention?: (attended: Attended) => void
}

/** A language model as a record of pure functions: parameters in, prediction out. */
export interface Decoder {
  /** With every default filled in. */
  readonly config: DecoderConfig
  /** Initial parameters, on the default backend. Models of one key share the values of parameters of one name and scale. */
  init(key: RandomKey): Params
  /** Logits of the next token: tokens [B, T] → [B, T, vocabularySize]. */
  apply(params: Params, batch: TokenBatch, context?: ApplyContext): Tensor
  /** Mean cross-entropy in nats over the targets: the argument of `valueAndGrad`. */
  loss(params: Params, batch: TrainingBatch, context?: ApplyContext): Tensor
  /** What the output layer reads, after the last norm: tokens [B, T] → [B, T, width]. */
  hiddenStates(params: Params, batch: TokenBatch, context?: ApplyContext): Tensor
  /** Logits of hidden states: [..., width] → [..., vocabularySize]. */
  head(params: Params, hidden: Tensor): Tensor
}

/** Source tokens, int32 [B, S]. */
export interface SourceBatch {
  readonly sources: Tensor
  /** int32 or bool [B, S], 0 at padding. Default: no padding. */
  readonly sourceMask?: Tensor
}

/** A source, and the tokens decoded so far, which begin with the start token. */
export interface PairBatch extends SourceBatch, TokenBatch {}

/** A source, decoded tokens, and what follows each of them; a target of −100 counts for nothing. */
export interface PairTrainingBatch extends PairBatch {
  readonly targets: Tensor
}

/** The result of an encoder, as the decoder takes it. */
export interface EncodedSource {
  /** [B, S, width]. */
  readonly encoded: Tensor
  /** As given with the sources. */
  readonly sourceMask?: Tensor
}

/** A model that reads one sequence and writes another, as a record of pure functions. */
export interface EncoderDecoder {
  /** With every default filled in. */
  readonly config: EncoderDecoderConfig
  /** Initial parameters, on the default backend. */
  init(key: RandomKey): Params
  /** The source as the decoder sees it: sources [B, S] → [B, S, width]. */
  encode(params: Params, batch: SourceBatch, context?: ApplyContext): Tensor
  /** Logits of the next token: sources [B, S] and tokens [B, T] → [B, T, vocabularySize]. */
  apply(params: Params, batch: PairBatch, context?: ApplyContext): Tensor
  /** Mean cross-entropy in nats over the targets: the argument of `valueAndGrad`. */
  loss(params: Params, batch: PairTrainingBatch, context?: ApplyContext): Tensor
  /** What the output layer reads, for a source that `encode` has read: tokens [B, T] → [B, T, width]. */
  hiddenStates(params: Params, batch: TokenBatch & EncodedSource, context?: ApplyContext): Tensor
  /** Logits of hidden states: [..., width] → [..., vocabularySize]. */
  head(params: Params, hidden: Tensor): Tensor
}
