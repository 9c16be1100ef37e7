import { LemanicError, scope, slice, tensor } from '@lemanic/tensor-core'
import type { Params, RandomKey } from '@lemanic/tensor-core'
import { checkTokenIds } from './batch-check.js'
import type { Decoder } from './model.js'
import { checkKeys, checkPositive, checkWhole, optionError } from './option-check.js'
import { drawToken, mostLikely } from './sample-token.js'

export interface GenerateOptions {
  /** Token ids to continue: 1 to contextLength. */
  readonly prompt: ArrayLike<number>
  /** The most tokens to add. */
  readonly maximumTokens: number
  /** 0 takes the most likely token; above 0 draws from softmax(logits / temperature). Default 0, or 1 when there is a key. */
  readonly temperature?: number
  /** Draw among this many most likely tokens only. Default: all. */
  readonly topK?: number
  /** Decides the draws; needed when the temperature is above 0. */
  readonly key?: RandomKey
  /** Generation ends after one of these, which is part of the result. Default none. */
  readonly stopTokens?: readonly number[]
}

const known = ['prompt', 'maximumTokens', 'temperature', 'topK', 'key', 'stopTokens']

function checkOptions({ config }: Decoder, options: GenerateOptions): void {
  checkKeys('generate', options, known)
  const { prompt, maximumTokens, temperature, topK, key, stopTokens = [] } = options
  const { contextLength, vocabularySize } = config
  if (typeof prompt?.length !== 'number' || prompt.length < 1 || prompt.length > contextLength) {
    throw new LemanicError(
      'invalid-prompt',
      `prompt: expected 1 to contextLength = ${contextLength} token ids, got ${prompt?.length ?? typeof prompt}`,
      {
        fields: { length: prompt?.length, contextLength },
        help:
          prompt?.length === 0
            ? 'begin with a token, for instance the end-of-text token'
            : 'keep the last contextLength tokens: prompt.slice(-contextLength)',
      },
    )
  }
  checkTokenIds('prompt', prompt, vocabularySize)
  checkTokenIds('stopTokens', stopTokens, vocabularySize)
  checkWhole('maximumTokens', maximumTokens, 0)
  if (topK !== undefined) checkWhole('topK', topK, 1)
  if (temperature !== undefined && temperature !== 0) {
    checkPositive('temperature', temperature)
    if (key === undefined)
      throw optionError(
        'key',
        `a random key to draw at temperature ${temperature}`,
        key,
        'pass randomKey(seed), or temperature 0 for the most likely token',
      )
  }
}

/**
 * Continues a prompt token by token; resolves to the new ids alone. Every step runs the model over the last
 * contextLength tokens again. Step i draws with the key folded with i, so a longer run begins with a shorter one.
 *
 * Throws `LemanicError` before any work: `invalid-prompt`, `invalid-batch` (an id outside the vocabulary),
 * `invalid-option`, `unknown-option`.
 */
export async function generate(model: Decoder, params: Params, options: GenerateOptions): Promise<number[]> {
  checkOptions(model, options)
  const { prompt, maximumTokens, key, topK = model.config.vocabularySize, stopTokens = [] } = options
  const temperature = options.temperature ?? (key === undefined ? 0 : 1)
  const backend = params['embedding.weight']!.backend
  const ids = Array.from(prompt)
  const added: number[] = []
  while (added.length < maximumTokens) {
    const window = Int32Array.from(ids.slice(-model.config.contextLength))
    using logits = scope(() => {
      const hidden = model.hiddenStates(
        params,
        { tokens: tensor(window, [1, window.length], { backend }) },
        { training: false },
      )
      return model.head(params, slice(hidden, [undefined, [window.length - 1, window.length]]))
    })
    const values = await logits.data()
    const next =
      key === undefined || temperature === 0
        ? mostLikely(values)
        : drawToken(values, temperature, topK, key.foldIn(added.length))
    ids.push(next)
    added.push(next)
    if (stopTokens.includes(next)) break
  }
  return added
}
