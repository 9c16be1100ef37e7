import type { Params } from '@lemanic/tensor-core'
import { optionError } from '../option-check.js'
import type { TextTokenizer } from '../tokenizer/text-tokenizer.js'
import type { GenerativeModel, SamplingOptions } from './generation-options.js'
import { streamTokens, type GenerateOptions } from './generate.js'
import type { LogitsProcessor } from './logits-processors.js'

export interface GenerateTextOptions extends SamplingOptions {
  readonly tokenizer: TextTokenizer
  /** Text to continue, of a decoder; for an encoder–decoder, ids of `prompt` are the start token. */
  readonly prompt?: string
  /** Text that an encoder reads. */
  readonly source?: string
  /** Generation ends before the first of these in the new text. Default none. */
  readonly stopStrings?: readonly string[]
  /** Whether tokens like `<s>` are recognised in prompt and source; `'none'` for text of strangers. Default `'all'`. */
  readonly allowedSpecial?: 'all' | 'none' | readonly string[]
  /** Whether the tokenizer puts its tokens around prompt and source; false after a chat template. Default true. */
  readonly addSpecialTokens?: boolean
}

/** The longest end of `text` that could be the beginning of a stop string. */
function heldBack(text: string, stopStrings: readonly string[]): number {
  let most = 0
  for (const stop of stopStrings) {
    for (let length = Math.min(stop.length - 1, text.length); length > most; length--)
      if (stop.startsWith(text.slice(text.length - length))) most = length
  }
  return most
}

/** Where the first stop string begins; −1 when there is none. */
function firstStop(text: string, stopStrings: readonly string[]): number {
  const places = stopStrings.map((stop) => text.indexOf(stop)).filter((place) => place >= 0)
  return places.length === 0 ? -1 : Math.min(...places)
}

/**
 * New text as it is made, in whole characters; special tokens are left out, and ids that the tokenizer does not know
 * are never made. What could still become a stop string is
 * held back. Leaving the loop ends the work. Throws as `generate` does, and what the tokenizer throws.
 */
export async function* streamText(
  model: GenerativeModel,
  params: Params,
  options: GenerateTextOptions,
): AsyncGenerator<string, void> {
  const { tokenizer, prompt, source, stopStrings = [], allowedSpecial, addSpecialTokens, ...sampling } = options
  if (typeof tokenizer?.encode !== 'function') throw optionError('tokenizer', 'a tokenizer', tokenizer)
  if (!stopStrings.every((stop) => typeof stop === 'string' && stop !== ''))
    throw optionError('stopStrings', 'strings of at least one character', stopStrings)
  const encoding = {
    ...(allowedSpecial && { allowedSpecial }),
    ...(addSpecialTokens !== undefined && { addSpecialTokens }),
  }
  // Published models have rows beyond the tokenizer's last id, to round their number up: these are no text.
  const onlyText: LogitsProcessor = (scores) => void scores.fill(-Infinity, tokenizer.vocabularySize)
  const tokens: GenerateOptions = {
    ...sampling,
    ...(tokenizer.vocabularySize < model.config.vocabularySize && {
      processors: [onlyText, ...(sampling.processors ?? [])],
    }),
    ...(prompt !== undefined && { prompt: tokenizer.encode(prompt, encoding) }),
    ...(source !== undefined && { source: tokenizer.encode(source, encoding) }),
  }
  const decoder = tokenizer.createStreamDecoder({ skipSpecialTokens: true })
  let waiting = ''
  for await (const token of streamTokens(model, params, tokens)) {
    waiting += decoder.push(token)
    const stop = firstStop(waiting, stopStrings)
    if (stop >= 0) {
      if (stop > 0) yield waiting.slice(0, stop)
      return
    }
    const ready = waiting.length - heldBack(waiting, stopStrings)
    if (ready > 0) yield waiting.slice(0, ready)
    waiting = waiting.slice(ready)
  }
  waiting += decoder.end()
  const stop = firstStop(waiting, stopStrings)
  const rest = stop < 0 ? waiting : waiting.slice(0, stop)
  if (rest !== '') yield rest
}

/** The whole new text; see `streamText`. */
export async function generateText(
  model: GenerativeModel,
  params: Params,
  options: GenerateTextOptions,
): Promise<string> {
  let text = ''
  for await (const part of streamText(model, params, options)) text += part
  return text
}
