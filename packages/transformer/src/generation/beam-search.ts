/**
 * Beam search (Graves 2012; length penalty after Wu et al. 2016), with the bookkeeping of transformers, so that the
 * same scores give the same texts.
 *
 *   b        beams         running texts, best first
 *   α        lengthPenalty a finished text of n tokens scores Σ log p / n^α
 *
 * Each step takes the best (stop tokens + 1) · b continuations of all beams, of which b at least do not stop. Those that
 * stop among the first b join the finished texts, of which the best b are kept; the best b others run on.
 */
import type { Params } from '@lemanic/tensor-core'
import { checkChoice, checkKeys, checkWhole, optionError } from '../option-check.js'
import { DecodingRun } from './decoding-run.js'
import {
  checkRows,
  checkScoreOptions,
  scoreChain,
  scoreNames,
  type GenerativeModel,
  type ScoreOptions,
} from './generation-options.js'
import type { LogitsProcessor } from './logits-processors.js'

export interface BeamSearchOptions extends ScoreOptions {
  /** As for `generate`. */
  readonly prompt?: ArrayLike<number>
  /** As for `generate`. */
  readonly source?: ArrayLike<number>
  /** Texts that are followed at once; at least 1. Default 4. */
  readonly beams?: number
  /** How many of the best texts to return, up to `beams`. Default 1. */
  readonly results?: number
  /** Power of the length that divides a finished text's score: above 0 favours long texts, below 0 short ones. Default 1. */
  readonly lengthPenalty?: number
  /**
   * True: as soon as there are `beams` finished texts. False: when the best running text, ending now, would not come
   * in. `never`: when no running text could come in at any length. Default false.
   */
  readonly earlyStopping?: boolean | 'never'
}

/** A text that a beam search found. */
export interface BeamResult {
  /** New tokens. */
  readonly tokens: number[]
  /** Sum of the log-probabilities over the length to the power of lengthPenalty. */
  readonly score: number
}

interface Candidate {
  readonly beam: number
  readonly token: number
  /** Sum of log-probabilities. */
  readonly sum: number
}

/** log softmax of each row, then the processors. */
function scoresOf(
  logits: Float32Array,
  size: number,
  run: DecodingRun,
  added: number,
  chain: readonly LogitsProcessor[],
): Float32Array {
  run.rows.forEach((tokens, row) => {
    const scores = logits.subarray(row * size, (row + 1) * size)
    let largest = -Infinity
    for (const score of scores) largest = Math.max(largest, score)
    let sum = 0
    for (const score of scores) sum += Math.exp(score - largest)
    const total = largest + Math.log(sum)
    for (let i = 0; i < size; i++) scores[i] = scores[i]! - total
    for (const process of chain) process(scores, { tokens, added })
  })
  return logits
}

/** The `count` best continuations of all beams, best first; of equals the earlier beam and token. */
function bestCandidates(scores: Float32Array, sums: readonly number[], size: number, count: number): Candidate[] {
  const best: Candidate[] = []
  sums.forEach((before, beam) => {
    for (let token = 0; token < size; token++) {
      const sum = Math.fround(before + scores[beam * size + token]!)
      if (best.length === count && !(sum > best[count - 1]!.sum)) continue
      let at = best.length
      while (at > 0 && best[at - 1]!.sum < sum) at--
      best.splice(at, 0, { beam, token, sum })
      if (best.length > count) best.pop()
    }
  })
  return best
}

function checkOptions(
  options: BeamSearchOptions,
): Required<Pick<BeamSearchOptions, 'beams' | 'results' | 'lengthPenalty' | 'earlyStopping'>> {
  checkKeys('beamSearch', options, [
    'prompt',
    'source',
    'beams',
    'results',
    'lengthPenalty',
    'earlyStopping',
    ...scoreNames,
  ])
  const { beams = 4, results = 1, lengthPenalty = 1, earlyStopping = false } = options
  checkWhole('beams', beams, 1)
  checkWhole('results', results, 1)
  if (results > beams) throw optionError('results', `at most the number of beams, ${beams}`, results)
  if (!Number.isFinite(lengthPenalty)) throw optionError('lengthPenalty', 'a number', lengthPenalty)
  if (typeof earlyStopping !== 'boolean') checkChoice('earlyStopping', earlyStopping, ['never'])
  return { beams, results, lengthPenalty, earlyStopping }
}

/**
 * The most likely texts that a search with several beams finds, best first. Texts end with a stop token, which is part
 * of them, or at maximumTokens.
 *
 * Throws `LemanicError` before any work, as `generate` does.
 */
export async function beamSearch(
  model: GenerativeModel,
  params: Params,
  options: BeamSearchOptions,
): Promise<BeamResult[]> {
  const { beams, results, lengthPenalty, earlyStopping } = checkOptions(options)
  const { prompt, source, maximumTokens, stopTokens = [], signal } = options
  const [input] = checkRows(model, [
    { ...(prompt !== undefined && { prompt }), ...(source !== undefined && { source }) },
  ])
  checkScoreOptions(model, [input!], options)
  if (maximumTokens === 0) return [{ tokens: [], score: 0 }]
  const chain = scoreChain(options)
  const size = model.config.vocabularySize
  const width = Math.max(2, 1 + stopTokens.length) * beams
  const start = input!.prompt.length
  const penalized = (sum: number, length: number): number => sum / length ** lengthPenalty

  signal?.throwIfAborted()
  using run = new DecodingRun(model, params, [input!], options.thresholds)
  let sums = [0] // of the running beams
  let finished: BeamResult[] = []
  for (let added = 0; added < maximumTokens; added++) {
    signal?.throwIfAborted()
    const scores = scoresOf(await run.next(), size, run, added, chain)
    const best = bestCandidates(scores, sums, size, width)
    const isLast = added + 1 === maximumTokens
    const stops = ({ token }: Candidate): boolean => isLast || stopTokens.includes(token)
    const isFull = earlyStopping === true && finished.length >= beams
    if (!isFull) {
      const ended = best.slice(0, beams).filter((candidate) => stops(candidate) && candidate.sum > -Infinity)
      const texts = ended.map(({ beam, token, sum }) => ({
        tokens: [...run.rows[beam]!.slice(start), token],
        score: penalized(sum, added + 1),
      }))
      finished = [...finished, ...texts].sort((a, b) => b.score - a.score).slice(0, beams)
    }
    const running = best.filter((candidate) => !stops(candidate) && candidate.sum > -Infinity).slice(0, beams)
    if (running.length === 0) break
    if (earlyStopping === true && finished.length >= beams) break
    const reach = earlyStopping === 'never' && lengthPenalty > 0 ? maximumTokens : added + 1
    if (finished.length >= beams && !(penalized(running[0]!.sum, reach) > finished[beams - 1]!.score)) break
    run.choose(running.map(({ beam }) => beam))
    running.forEach(({ token }, i) => run.rows[i]!.push(token))
    sums = running.map(({ sum }) => sum)
  }
  return finished.slice(0, results)
}
