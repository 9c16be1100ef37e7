/** What is refused before any work, and what options, processors and long texts do, on every engine. */
import { randomKey, scope, setDefaultBackend, tensor, type Params } from '@lemanic/tensor-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEncoderDecoder } from '../encoder-decoder.js'
import type { Decoder } from '../model.js'
import { availableBackends, roughParams, tinyDecoder, values } from '../testing/tiny-decoder.js'
import { beamSearch, type BeamSearchOptions } from './beam-search.js'
import { generate, generateBatch, type GenerateBatchOptions, type GenerateOptions } from './generate.js'
import * as processors from './logits-processors.js'

const model = tinyDecoder({ kind: 'cotformer', repeats: 2 }) // ids below 23, up to 9 tokens
const pair = createEncoderDecoder({
  vocabularySize: 23,
  width: 16,
  heads: 2,
  contextLength: 9,
  encoderLayers: 1,
  startToken: 1,
})
const long = Array.from({ length: 10 }, (_, i) => i)

const badBatches: [Partial<GenerateBatchOptions>, string][] = [
  [{ prompts: [[1], []] }, 'prompts[1]: expected 1 to contextLength = 9 token ids, got 0'],
  [{ prompts: [[1], [2], long] }, 'prompts[2]: expected 1 to contextLength = 9 token ids, got 10'],
  [{ prompts: [[1, 23]] }, 'prompts[0]: expected ids from 0 to 22, got 23 at place 1'],
  [{ prompts: [[1], [2, 0.5]] }, 'prompts[1]: expected ids from 0 to 22, got 0.5 at place 1'],
  [{}, 'prompts: expected an array of token ids each, got undefined'],
  [{ prompts: [[1]], sources: [[1]] }, 'sources[0]: expected none: a decoder continues a prompt'],
]
test.each(badBatches)('generateBatch refuses %j and names the row', async (options, message) => {
  await expect(generateBatch(model, {}, { maximumTokens: 1, ...options })).rejects.toThrow(message)
})

const badSearches: [Partial<BeamSearchOptions>, string][] = [
  [{ prompt: [] }, 'prompt: expected 1 to contextLength = 9 token ids, got 0'],
  [{ prompt: long }, 'prompt: expected 1 to contextLength = 9 token ids, got 10'],
  [{ prompt: [-1] }, 'prompt: expected ids from 0 to 22, got -1 at place 0'],
  [{ beams: 0 }, 'beams: expected a whole number of at least 1, got 0'],
  [{ beams: 2, results: 3 }, 'results: expected at most the number of beams, 2, got 3'],
  [{ lengthPenalty: NaN }, 'lengthPenalty: expected a number, got NaN'],
  [{ earlyStopping: 'soon' as 'never' }, 'earlyStopping: expected one of "never", got "soon"'],
  [{ topK: 3 } as Partial<BeamSearchOptions>, 'beamSearch.topK: there is no such option'],
]
test.each(badSearches)('beamSearch refuses %j', async (options, message) => {
  await expect(beamSearch(model, {}, { prompt: [1], maximumTokens: 2, ...options })).rejects.toThrow(message)
})

const badPairs: [Partial<GenerateOptions>, string][] = [
  [{}, 'source: expected 1 to contextLength = 9 token ids, got undefined'],
  [{ source: [] }, 'source: expected 1 to contextLength = 9 token ids, got 0'],
  [{ source: long }, 'source: expected 1 to contextLength = 9 token ids, got 10'],
  [{ source: [99] }, 'source: expected ids from 0 to 22, got 99 at place 0'],
  [{ source: [1], prompt: [1, 99] }, 'prompt: expected ids from 0 to 22, got 99 at place 1'],
  [
    { source: [1], maximumTokens: 10 },
    'maximumTokens: expected at most 9 after a prompt of 1 in a context of 9, got 10',
  ],
]
test.each(badPairs)('an encoder–decoder refuses %j', async (options, message) => {
  await expect(generate(pair, {}, { maximumTokens: 1, ...options })).rejects.toThrow(message)
})

describe.each(await availableBackends())('on $name', ({ backend }) => {
  beforeAll(() => void setDefaultBackend(backend))
  afterAll(() => void setDefaultBackend(undefined))

  /** Logits after a text, from a pass over its last contextLength tokens. */
  function lastLogits(decoder: Decoder, params: Params, text: readonly number[]): Float32Array {
    const window = Int32Array.from(text.slice(-9))
    return scope(() => values(decoder.apply(params, { tokens: tensor(window, [1, window.length]) })).slice(-23))
  }

  /** The most likely continuation, each token from a pass over the last contextLength tokens. */
  function recomputed(decoder: Decoder, params: Params, prompt: readonly number[], count: number): number[] {
    const text = [...prompt]
    for (let i = 0; i < count; i++) {
      const last = lastLogits(decoder, params, text)
      text.push(last.indexOf(Math.max(...last)))
    }
    return text.slice(prompt.length)
  }

  test('texts up to the contextLength and beyond it; nothing is left', async () => {
    const params = roughParams(model, randomKey(2))
    const { buffers } = backend.memory()
    for (const prompt of [[3], [1, 2, 3], Array.from({ length: 8 }, (_, i) => i), long.slice(0, 9)])
      expect(await generate(model, params, { prompt, maximumTokens: 12 }), `${prompt.length}`).toEqual(
        recomputed(model, params, prompt, 12),
      )
    // rows of different lengths, which reach the context at different times and end at different times
    const uneven = await generateBatch(model, params, { prompts: [[5], [1, 2, 3, 4, 5, 6, 7]], maximumTokens: 10 })
    expect(uneven).toEqual([recomputed(model, params, [5], 10), recomputed(model, params, [1, 2, 3, 4, 5, 6, 7], 10)])
    const short = await generateBatch(model, params, { prompts: [[5], [1, 2, 3]], maximumTokens: 6 })
    expect(short).toEqual([recomputed(model, params, [5], 6), recomputed(model, params, [1, 2, 3], 6)])
    const stop = short[0]![1]!
    const stopped = await generateBatch(model, params, {
      prompts: [[5], [1, 2, 3]],
      maximumTokens: 6,
      stopTokens: [stop],
    })
    for (const row of [0, 1]) {
      const end = short[row]!.indexOf(stop)
      expect(stopped[row]).toEqual(end < 0 ? short[row] : short[row]!.slice(0, end + 1))
    }
    expect(backend.memory().buffers).toBe(buffers)
  })

  test('beams beyond the contextLength: the score is that of passes over the last contextLength tokens', async () => {
    const params = roughParams(model, randomKey(2))
    const search = { prompt: [1, 2, 3], maximumTokens: 11 }
    const [first] = await beamSearch(model, params, { ...search, beams: 1 })
    expect(first!.tokens).toEqual(recomputed(model, params, [1, 2, 3], 11))
    const found = await beamSearch(model, params, { ...search, beams: 3, results: 3 })
    for (const { tokens, score } of found) {
      const text = [1, 2, 3]
      let sum = 0
      for (const token of tokens) {
        const last = lastLogits(model, params, text)
        const total = Math.log(last.reduce((all, x) => all + Math.exp(x), 0))
        sum += last[token]! - total
        text.push(token)
      }
      expect(sum / tokens.length).toBeCloseTo(score, 4)
    }
  })

  test('a timer can end the work: generation leaves the event loop its turns', async () => {
    const params = roughParams(model, randomKey(2))
    const stopping = (): AbortSignal => {
      const controller = new AbortController()
      setTimeout(() => controller.abort(new Error('time is up')), 20)
      return controller.signal
    }
    const endless = { prompt: [1], maximumTokens: 5000 }
    await expect(generate(model, params, { ...endless, signal: stopping() })).rejects.toThrow('time is up')
    await expect(beamSearch(model, params, { ...endless, signal: stopping() })).rejects.toThrow('time is up')
  })

  test('options are a chain of processors: the same ones by hand give the same text', async () => {
    const params = roughParams(model, randomKey(2))
    const common = { prompt: [1, 2, 3], maximumTokens: 6, key: randomKey(4) }
    const byOptions = await generate(model, params, {
      ...common,
      repetitionPenalty: 1.3,
      noRepeatNgram: 2,
      suppressTokens: [0, 5],
      temperature: 0.7,
      topK: 6,
      topP: 0.9,
    })
    const byHand = await generate(model, params, {
      ...common,
      processors: [
        processors.repetitionPenalty(1.3),
        processors.noRepeatNgram(2),
        processors.suppressTokens([0, 5]),
        processors.temperature(0.7),
        processors.topK(6),
        processors.topP(0.9),
      ],
    })
    expect(byHand).toEqual(byOptions)
    const seen: number[][] = []
    const only7 = await generate(model, params, {
      prompt: [1, 2],
      maximumTokens: 3,
      processors: [
        (scores, { tokens, added }) => {
          seen.push([added, ...tokens])
          scores.fill(-Infinity)
          scores[7] = 0
        },
      ],
    })
    expect(only7).toEqual([7, 7, 7])
    expect(seen).toEqual([
      [0, 1, 2],
      [1, 1, 2, 7],
      [2, 1, 2, 7, 7],
    ])
  })
})
