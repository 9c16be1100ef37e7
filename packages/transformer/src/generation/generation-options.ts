import { LemanicError } from '@lemanic/tensor-core'
import type { RandomKey } from '@lemanic/tensor-core'
import { checkTokenIds } from '../batch-check.js'
import type { Decoder, EncoderDecoder } from '../model.js'
import { checkKeys, checkPositive, checkWhole, optionError } from '../option-check.js'
import * as processors from './logits-processors.js'
import type { LogitsProcessor } from './logits-processors.js'
import { checkRouting } from '../stacks/routing.js'

/** A model that generates: a decoder continues a prompt, an encoder–decoder answers a source. */
export type GenerativeModel = Decoder | EncoderDecoder

/** How scores become the next token, but for the choice between drawing and searching. */
export interface ScoreOptions {
  /** The most tokens to add. */
  readonly maximumTokens: number
  /** Generation ends after one of these, which is part of the result. Default none. */
  readonly stopTokens?: readonly number[]
  /** Stop tokens are forbidden until this many tokens are new. Default 0. */
  readonly minimumTokens?: number
  /** Tokens of the text get less likely; above 1 for that. Default 1: none. */
  readonly repetitionPenalty?: number
  /** No run of this many tokens occurs twice. Default: any may. */
  readonly noRepeatNgram?: number
  /** Tokens that are never made. Default none. */
  readonly suppressTokens?: readonly number[]
  /** The first new token. Default: any. */
  readonly forcedFirst?: number
  /** The last token of a text that reaches maximumTokens. Default: any. */
  readonly forcedLast?: number
  /**
   * Of a Mixture of Repeats: a token goes on after repeat i when its router's weight exceeds number i
   * (`calibrateThresholds` finds them for a budget). Default: every token takes all repeats.
   */
  readonly thresholds?: readonly number[]
  /** Of your own, applied before those of the options above. Default none. */
  readonly processors?: readonly LogitsProcessor[]
  /** Ends the work between two tokens, with the signal's reason. */
  readonly signal?: AbortSignal
}

export interface SamplingOptions extends ScoreOptions {
  /** 0 takes the most likely token; above 0 draws from softmax(logits / temperature). Default 0, or 1 when there is a key. */
  readonly temperature?: number
  /** Draw among this many most likely tokens only. Default: all. */
  readonly topK?: number
  /** Draw among the most likely tokens whose probabilities sum to this. Default 1: all. */
  readonly topP?: number
  /** Draw among tokens at least this many times as likely as the most likely one. Default: all. */
  readonly minP?: number
  /** Decides the draws; needed when the temperature is above 0. */
  readonly key?: RandomKey
}

const scoreNames = [
  'maximumTokens',
  'stopTokens',
  'minimumTokens',
  'repetitionPenalty',
  'noRepeatNgram',
  'suppressTokens',
  'forcedFirst',
  'forcedLast',
  'thresholds',
  'processors',
  'signal',
]
const samplingNames = ['temperature', 'topK', 'topP', 'minP', 'key']

/** The chain of the options, in the order of transformers: penalties, blocks, lengths, forced tokens. */
export function scoreChain(options: ScoreOptions): LogitsProcessor[] {
  const { stopTokens = [], maximumTokens } = options
  const chain: LogitsProcessor[] = [...(options.processors ?? [])]
  if (options.repetitionPenalty !== undefined && options.repetitionPenalty !== 1)
    chain.push(processors.repetitionPenalty(options.repetitionPenalty))
  if (options.noRepeatNgram !== undefined && options.noRepeatNgram !== 0)
    chain.push(processors.noRepeatNgram(options.noRepeatNgram))
  if (options.suppressTokens !== undefined) chain.push(processors.suppressTokens(options.suppressTokens))
  if (options.minimumTokens !== undefined) chain.push(processors.minimumTokens(options.minimumTokens, stopTokens))
  if (options.forcedFirst !== undefined) chain.push(processors.forcedToken(options.forcedFirst, 0))
  if (options.forcedLast !== undefined) chain.push(processors.forcedToken(options.forcedLast, maximumTokens - 1))
  return chain
}

/** The chain of drawing: that of the options, then temperature, top k, top p and min p. */
export function samplingChain(options: SamplingOptions): LogitsProcessor[] {
  const chain = scoreChain(options)
  if (!draws(options)) return chain
  if (options.temperature !== undefined && options.temperature !== 1)
    chain.push(processors.temperature(options.temperature))
  if (options.topK !== undefined) chain.push(processors.topK(options.topK))
  if (options.topP !== undefined) chain.push(processors.topP(options.topP))
  if (options.minP !== undefined) chain.push(processors.minP(options.minP))
  return chain
}

/** Whether the options draw tokens rather than take the most likely one. */
export function draws({ key, temperature }: SamplingOptions): boolean {
  return key !== undefined && temperature !== 0
}

/** What each row continues: a prompt, and for an encoder–decoder a source. */
export interface RowInput {
  readonly prompt: ArrayLike<number>
  readonly source?: ArrayLike<number>
}

function checkLength(name: string, ids: ArrayLike<number> | undefined, contextLength: number): ArrayLike<number> {
  if (typeof ids?.length === 'number' && ids.length >= 1 && ids.length <= contextLength) return ids
  const help =
    ids?.length === 0
      ? 'begin with a token, for instance the end-of-text token'
      : `keep the last contextLength tokens: ${name}.slice(-contextLength)`
  throw new LemanicError(
    'invalid-prompt',
    `${name}: expected 1 to contextLength = ${contextLength} token ids, got ${ids?.length ?? typeof ids}`,
    { fields: { length: ids?.length, contextLength }, help },
  )
}

/** The rows to generate from; throws `invalid-prompt` and `invalid-batch` before any work. */
export function checkRows(
  { config, ...model }: GenerativeModel,
  rows: readonly { readonly prompt?: ArrayLike<number>; readonly source?: ArrayLike<number>; readonly name?: string }[],
): RowInput[] {
  return rows.map(({ prompt, source, name = '' }) => {
    if (!('encode' in model)) {
      if (source !== undefined)
        throw optionError(`source${name}`, 'none: a decoder continues a prompt', source, 'put the text into the prompt')
      const ids = checkLength(`prompt${name}`, prompt, config.contextLength)
      checkTokenIds(`prompt${name}`, ids, config.vocabularySize)
      return { prompt: ids }
    }
    const { startToken } = config as EncoderDecoder['config']
    const sourceIds = checkLength(`source${name}`, source, config.contextLength)
    checkTokenIds(`source${name}`, sourceIds, config.vocabularySize)
    const ids = checkLength(`prompt${name}`, prompt ?? [startToken], config.contextLength)
    checkTokenIds(`prompt${name}`, ids, config.vocabularySize)
    return { prompt: ids, source: sourceIds }
  })
}

/** Throws for scores that cannot be, and for a text that an encoder–decoder has no room for. */
export function checkScoreOptions(model: GenerativeModel, rows: readonly RowInput[], options: ScoreOptions): void {
  const { vocabularySize, contextLength } = model.config
  checkWhole('maximumTokens', options.maximumTokens, 0)
  checkTokenIds('stopTokens', options.stopTokens ?? [], vocabularySize)
  checkTokenIds('suppressTokens', options.suppressTokens ?? [], vocabularySize)
  for (const name of ['forcedFirst', 'forcedLast'] as const) {
    const id = options[name]
    if (id !== undefined) checkTokenIds(name, [id], vocabularySize)
  }
  if (options.noRepeatNgram !== undefined) checkWhole('noRepeatNgram', options.noRepeatNgram, 0)
  scoreChain(options)
  if (options.thresholds !== undefined) {
    if ('encode' in model)
      throw optionError('thresholds', 'none: an encoder–decoder has no routers', options.thresholds)
    checkRouting({ thresholds: options.thresholds }, model.config.stack)
  }
  const longest = Math.max(...rows.map(({ prompt }) => prompt.length))
  if ('encode' in model && longest + options.maximumTokens > contextLength + 1) {
    throw optionError(
      'maximumTokens',
      `at most ${contextLength + 1 - longest} after a prompt of ${longest} in a context of ${contextLength}`,
      options.maximumTokens,
      'load the model with a longer contextLength if its positions allow it (those of T5 do)',
    )
  }
}

/** Throws for options of drawing that cannot be. */
export function checkSamplingOptions(
  where: string,
  model: GenerativeModel,
  rows: readonly RowInput[],
  options: SamplingOptions,
  others: readonly string[],
): void {
  checkKeys(where, options, [...others, ...scoreNames, ...samplingNames])
  checkScoreOptions(model, rows, options)
  const { temperature, key, topK, topP, minP } = options
  if (topK !== undefined) processors.topK(topK)
  if (topP !== undefined) processors.topP(topP)
  if (minP !== undefined) processors.minP(minP)
  if (temperature === undefined || temperature === 0) return
  checkPositive('temperature', temperature)
  if (key === undefined) {
    throw optionError(
      'key',
      `a random key to draw at temperature ${temperature}`,
      key,
      'pass randomKey(seed), or temperature 0 for the most likely token',
    )
  }
}

/** Names of `ScoreOptions`. */
export { scoreNames }
