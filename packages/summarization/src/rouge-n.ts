import { LemanicError } from '@lemanic/tensor-core'
import { rougeWords, scoreOverlap, type RougeScore, type RougeTokenizer } from './rouge.js'

/**
 * ROUGE-N: overlap of n-grams, each counted at most as often as the other side has it.
 *
 * Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004, §2, with precision beside the recall of the paper.
 *
 * @param options.n Words in an n-gram, from 1.
 * @param options.tokenize Default `rougeWords`.
 */
export function rougeN(
  candidate: string,
  reference: string,
  { n, tokenize = rougeWords }: { readonly n: number; readonly tokenize?: RougeTokenizer },
): RougeScore {
  if (!Number.isInteger(n) || n < 1) {
    throw new LemanicError('invalid-argument', `rougeN: expected "n" to be an integer from 1, got ${n}`, {
      fields: { n },
      help: 'n: 1 counts words, n: 2 pairs of words',
    })
  }
  const ours = countNGrams(tokenize(candidate), n)
  const theirs = countNGrams(tokenize(reference), n)
  let overlap = 0
  for (const [nGram, count] of ours) overlap += Math.min(count, theirs.get(nGram) ?? 0)
  return scoreOverlap(overlap, total(ours), total(theirs))
}

function countNGrams(words: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>()
  for (let start = 0; start + n <= words.length; start++) {
    const nGram = JSON.stringify(words.slice(start, start + n)) // unambiguous whatever a word holds
    counts.set(nGram, (counts.get(nGram) ?? 0) + 1)
  }
  return counts
}

function total(counts: ReadonlyMap<string, number>): number {
  let sum = 0
  for (const count of counts.values()) sum += count
  return sum
}
