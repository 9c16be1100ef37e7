import { blockVisits } from './block-visits.js';
import type { DecoderConfig, DecoderOptions } from './config.js';
import { checkWhole } from './option-check.js';
import { resolveDecoderConfig } from './resolve-config.js';

const bytesPerNumber = 4;

export interface ActivationOptions {
  /** Tokens of each sequence. */
  readonly tokens: number;
  /** Sequences. Default 1. */
  readonly batch?: number;
}

/** Bytes of float32 results that a training step holds when the forward pass ends. */
export interface ActivationBytes {
  readonly total: number;
  /** In the visits of blocks, with the norms between repeats. */
  readonly blocks: number;
  /** Of `blocks`, the keys and values that queries look at. */
  readonly keysAndValues: number;
  /** Embedding, last norm and logits. */
  readonly ends: number;
}

function normNumbers({ norm, width }: DecoderConfig): number {
  return width + (norm === 'layer' ? 2 : 1); // result; mean and inverse deviation, or inverse root mean square
}

function blockNumbers(config: DecoderConfig, keyWidth: number): number {
  const { width, heads, feedForwardWidth, activation, positions, dropout } = config;
  const rotated = positions === 'rotary' ? width + keyWidth : 0;
  const attention = normNumbers(config) + width + 2 * keyWidth + rotated + (width + heads) + width; // heads: log-sum-exp
  const activationResults = activation === 'swiglu' ? 4 : 1; // gate, its sigmoid, their product, times up
  const feedForward = normNumbers(config) + feedForwardWidth * (1 + activationResults) + width;
  return attention + feedForward + 2 * width + (dropout > 0 ? 2 * width : 0); // two residual sums
}

/**
 * Bytes that the forward pass of a training step keeps for the backward pass, on an engine with the fused kernels (no
 * T × T matrix), from tokens to logits. Parameters and the loss are not counted. It grows linearly in the repeats.
 */
export function countActivationBytes(options: DecoderOptions, { tokens, batch = 1 }: ActivationOptions): ActivationBytes {
  const config = resolveDecoderConfig(options);
  checkWhole('tokens', tokens, 1);
  checkWhole('batch', batch, 1);
  const { width, heads, keyValueHeads, vocabularySize, stack, positions, dropout } = config;
  const keyWidth = (width / heads) * keyValueHeads;
  const perToken = batch * tokens * bytesPerNumber;

  const visits = blockVisits(stack);
  let blocks = visits.length * blockNumbers(config, keyWidth) * perToken;
  if (stack.repeatNorm) blocks += stack.repeats * normNumbers(config) * perToken;
  const depthSteps = stack.depthEmbedding === 'none' ? 0 : stack.depthEmbedding === 'linear' ? stack.repeats - 1 : stack.repeats;
  blocks += depthSteps * width * (perToken + bytesPerNumber); // the sum, and the vector added

  let ends = (width + (dropout > 0 ? width : 0) + normNumbers(config) + vocabularySize) * perToken;
  if (positions === 'learned') ends += width * (perToken + tokens * bytesPerNumber); // the sum, and the rows added
  return { total: blocks + ends, blocks, keysAndValues: visits.length * 2 * keyWidth * perToken, ends };
}
