/**
 * Changes to the scores of the next token, one after the other. Each function makes one; their results agree with the
 * processors of transformers that have the same purpose.
 */
import { checkPositive, checkWhole, optionError } from '../option-check.js'
import { mostLikely } from './sample-token.js'

/** What a processor knows of the text so far. */
export interface LogitsContext {
  /** Prompt and new tokens (of an encoder–decoder: the decoded ones, with the start token). */
  readonly tokens: readonly number[]
  /** How many of them are new. */
  readonly added: number
}

/** Changes the scores in place: logits, or log-probabilities in a beam search. −Infinity forbids a token. */
export type LogitsProcessor = (scores: Float32Array, context: LogitsContext) => void

/** Divides by a temperature above 0: below 1 sharpens, above 1 flattens. */
export function temperature(value: number): LogitsProcessor {
  checkPositive('temperature', value)
  return (scores) => {
    for (let i = 0; i < scores.length; i++) scores[i] = scores[i]! / value
  }
}

/** The k-th largest score, by a heap of the k largest so far. */
function borderOf(scores: Float32Array, k: number): number {
  const heap = scores.slice(0, k).sort() // ascending: a heap with the least first
  for (let i = k; i < scores.length; i++) {
    const score = scores[i]!
    if (!(score > heap[0]!)) continue
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= k) break
      if (child + 1 < k && heap[child + 1]! < heap[child]!) child++
      if (heap[child]! >= score) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = score
  }
  return heap[0]!
}

/** Keeps the k largest scores; ties at the border stay in. */
export function topK(k: number): LogitsProcessor {
  checkWhole('topK', k, 1)
  return (scores) => {
    if (k >= scores.length) return
    const border = borderOf(scores, k)
    for (let i = 0; i < scores.length; i++) if (scores[i]! < border) scores[i] = -Infinity
  }
}

function checkProbability(option: string, value: number): void {
  if (!(value > 0 && value <= 1)) throw optionError(option, 'a probability above 0 and up to 1', value)
}

/** Keeps the smallest set of most likely tokens whose probabilities sum to at least p (Holtzman et al. 2020). */
export function topP(p: number): LogitsProcessor {
  checkProbability('topP', p)
  return (scores) => {
    if (p === 1) return
    const largest = scores[mostLikely(scores)]!
    const order = Array.from(scores.keys()).filter((i) => scores[i] !== -Infinity)
    order.sort((a, b) => scores[a]! - scores[b]! || a - b)
    const weights = order.map((i) => Math.exp(scores[i]! - largest))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    let below = 0
    for (let rank = 0; rank < order.length - 1; rank++) {
      below += weights[rank]! / total
      if (below > 1 - p) break
      scores[order[rank]!] = -Infinity
    }
  }
}

/** Keeps tokens at least `p` times as likely as the most likely one (Nguyen et al. 2024). */
export function minP(p: number): LogitsProcessor {
  checkProbability('minP', p)
  return (scores) => {
    const border = scores[mostLikely(scores)]! + Math.log(p)
    for (let i = 0; i < scores.length; i++) if (scores[i]! < border) scores[i] = -Infinity
  }
}

/** Makes tokens of the text less likely: positive scores are divided, negative ones multiplied (Keskar et al. 2019). */
export function repetitionPenalty(penalty: number): LogitsProcessor {
  checkPositive('repetitionPenalty', penalty)
  return (scores, { tokens }) => {
    for (const token of new Set(tokens))
      scores[token] = scores[token]! < 0 ? scores[token]! * penalty : scores[token]! / penalty
  }
}

/** Forbids a token that would repeat n tokens in a row which the text has already. */
export function noRepeatNgram(n: number): LogitsProcessor {
  checkWhole('noRepeatNgram', n, 1)
  return (scores, { tokens }) => {
    const suffix = tokens.length - n + 1
    if (suffix < 0) return
    for (let start = 0; start < suffix; start++) {
      let same = 0
      while (same < n - 1 && tokens[start + same] === tokens[suffix + same]) same++
      if (same === n - 1) scores[tokens[start + n - 1]!] = -Infinity
    }
  }
}

/** Forbids tokens. */
export function suppressTokens(ids: readonly number[]): LogitsProcessor {
  return (scores) => {
    for (const id of ids) scores[id] = -Infinity
  }
}

/** Forbids the stop tokens until this many tokens are new. */
export function minimumTokens(count: number, stopTokens: readonly number[]): LogitsProcessor {
  checkWhole('minimumTokens', count, 0)
  return (scores, { added }) => {
    if (added < count) for (const id of stopTokens) scores[id] = -Infinity
  }
}

/** Leaves one token alone as the new token number `place`, counted from 0. */
export function forcedToken(id: number, place: number): LogitsProcessor {
  return (scores, { added }) => {
    if (added === place) scores.fill(-Infinity)[id] = 0
  }
}
