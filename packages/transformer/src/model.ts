import type { Params, RandomKey, Tensor } from '@lemanic/tensor-core'
import type { DecoderConfig } from './config.js'

/** Token ids, int32 [B, T], each from 0 to vocabularySize − 1. */
export interface TokenBatch {
  readonly tokens: Tensor
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
