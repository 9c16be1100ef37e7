import type { Params } from '@lemanic/tensor-core'
import { DecodingRun } from './decoding-run.js'
import {
  checkRows,
  checkSamplingOptions,
  draws,
  samplingChain,
  type GenerativeModel,
  type RowInput,
  type SamplingOptions,
} from './generation-options.js'
import { optionError } from '../option-check.js'
import { drawToken, mostLikely } from './sample-token.js'

export interface GenerateOptions extends SamplingOptions {
  /** Token ids to continue: 1 to contextLength. Required of a decoder; an encoder–decoder's default is its start token. */
  readonly prompt?: ArrayLike<number>
  /** Token ids that an encoder reads: 1 to contextLength. Required of an encoder–decoder, impossible for a decoder. */
  readonly source?: ArrayLike<number>
}

export interface GenerateBatchOptions extends SamplingOptions {
  /** Prompts of any lengths, as `prompt` of `generate`. */
  readonly prompts?: readonly ArrayLike<number>[]
  /** Sources of any lengths, as `source` of `generate`. */
  readonly sources?: readonly ArrayLike<number>[]
}

/** Writes all rows at once, and yields the new token of each row that is not at its end: [row, token]. */
async function* writeRows(
  model: GenerativeModel,
  params: Params,
  inputs: readonly RowInput[],
  options: SamplingOptions,
  keyOfRow: (row: number) => SamplingOptions['key'],
): AsyncGenerator<readonly [row: number, token: number][]> {
  const { maximumTokens, stopTokens = [], signal } = options
  const chain = samplingChain(options)
  const size = model.config.vocabularySize
  let alive = inputs.map((_, row) => row)
  if (maximumTokens === 0 || alive.length === 0) return
  signal?.throwIfAborted()
  using run = new DecodingRun(model, params, inputs, options.thresholds)
  for (let added = 0; added < maximumTokens; added++) {
    signal?.throwIfAborted()
    const logits = await run.next()
    const tokens = alive.map((row, i): [number, number] => {
      const scores = logits.subarray(i * size, (i + 1) * size)
      for (const process of chain) process(scores, { tokens: run.rows[i]!, added })
      const token = draws(options) ? drawToken(scores, keyOfRow(row)!.foldIn(added)) : mostLikely(scores)
      run.rows[i]!.push(token)
      return [row, token]
    })
    yield tokens
    const going = tokens.flatMap(([, token], i) => (stopTokens.includes(token) ? [] : [i]))
    if (going.length === 0) return
    run.choose(going)
    alive = going.map((i) => alive[i]!)
  }
}

/**
 * New tokens as they are made, each after the one before was asked for; leaving the loop ends the work. The options
 * and errors are those of `generate`.
 */
export async function* streamTokens(
  model: GenerativeModel,
  params: Params,
  options: GenerateOptions,
): AsyncGenerator<number, void> {
  const { prompt, source } = options
  const inputs = checkRows(model, [
    { ...(prompt !== undefined && { prompt }), ...(source !== undefined && { source }) },
  ])
  checkSamplingOptions('generate', model, inputs, options, ['prompt', 'source'])
  for await (const [[, token]] of writeRows(model, params, inputs, options, () => options.key) as AsyncGenerator<
    [[number, number]]
  >)
    yield token
}

/**
 * Continues a prompt, or answers a source, token by token; resolves to the new ids alone. A cache keeps keys and
 * values, so that a step costs one token; a decoder whose text outgrows the contextLength reads its last contextLength
 * tokens again at every step. Step i draws with the key folded with i, so a longer run begins with a shorter one.
 *
 * Throws `LemanicError` before any work: `invalid-prompt`, `invalid-batch` (an id outside the vocabulary),
 * `invalid-option`, `unknown-option`.
 */
export async function generate(model: GenerativeModel, params: Params, options: GenerateOptions): Promise<number[]> {
  const added: number[] = []
  for await (const token of streamTokens(model, params, options)) added.push(token)
  return added
}

/**
 * Continues several prompts (or answers several sources) of different lengths at once; resolves to the new ids of each.
 * Padding is hidden: a row gets what `generate` gives it alone, with the key folded with `row i` where tokens are drawn,
 * but for rounding.
 *
 * Throws as `generate` does, and names the row.
 */
export async function generateBatch(
  model: GenerativeModel,
  params: Params,
  options: GenerateBatchOptions,
): Promise<number[][]> {
  const { prompts, sources, key } = options
  const count = (sources ?? prompts)?.length
  if (count === undefined)
    throw optionError('encode' in model ? 'sources' : 'prompts', 'an array of token ids each', undefined)
  if (prompts !== undefined && prompts.length !== count)
    throw optionError('prompts', `one for each of ${count} sources`, prompts)
  const rows = Array.from({ length: count }, (_, row) => ({
    name: `s[${row}]`,
    ...(prompts && { prompt: prompts[row]! }),
    ...(sources && { source: sources[row]! }),
  }))
  const inputs = checkRows(model, rows)
  checkSamplingOptions('generateBatch', model, inputs, options, ['prompts', 'sources'])
  const added: number[][] = inputs.map(() => [])
  for await (const tokens of writeRows(model, params, inputs, options, (row) => key?.foldIn(`row ${row}`)))
    for (const [row, token] of tokens) added[row]!.push(token)
  return added
}
