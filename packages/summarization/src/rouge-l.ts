import { rougeWords, scoreOverlap, type RougeScore, type RougeTokenizer } from './rouge.js'

/**
 * ROUGE-L: longest common subsequence of words, over the lengths of candidate and reference.
 *
 * Lin 2004, §3.1, with the two texts as one sentence each and β = 1. The summary-level variant (ROUGE-Lsum) is another
 * measure and not this function.
 *
 * @param options.tokenize Default `rougeWords`.
 */
export function rougeL(
  candidate: string,
  reference: string,
  { tokenize = rougeWords }: { readonly tokenize?: RougeTokenizer } = {},
): RougeScore {
  const ours = tokenize(candidate)
  const theirs = tokenize(reference)
  return scoreOverlap(longestCommonSubsequence(ours, theirs), ours.length, theirs.length)
}

/** Length of the longest common subsequence; time |a|·|b|, memory |b|. */
export function longestCommonSubsequence(a: readonly string[], b: readonly string[]): number {
  // lengths[j] = LCS of the words of `a` so far and the first j words of `b`
  const lengths = new Int32Array(b.length + 1)
  for (const word of a) {
    let diagonal = 0
    for (let j = 1; j <= b.length; j++) {
      const above = lengths[j]
      lengths[j] = word === b[j - 1] ? diagonal + 1 : Math.max(above, lengths[j - 1])
      diagonal = above
    }
  }
  return lengths[b.length]
}
