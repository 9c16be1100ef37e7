import { normalCdf } from './normal.js'
import { type Alternative, checkAlternative, pairedDifferences } from './sample-check.js'

/** What a Wilcoxon signed-rank test found. */
export interface WilcoxonSignedRank {
  /** Number of pairs that were ranked and counted. */
  readonly n: number
  /** Sum of the ranks of positive differences. */
  readonly positiveRankSum: number
  /** Sum of the ranks of negative differences. */
  readonly negativeRankSum: number
  readonly p: number
  readonly method: 'exact' | 'normal'
}

/**
 * Wilcoxon's signed-rank test of paired samples: is the distribution of `first − second` symmetric about 0?
 *
 * `zeros` says what to do with pairs without a difference: 'drop' them (default; Wilcoxon 1945), rank them and then
 * leave them out ('pratt', 1959), or 'split' their ranks between both sides. `method` 'auto' (default) is exact up to
 * 50 pairs and normal beyond; ties keep mid-ranks, and the exact distribution is the one conditional on them.
 * `continuity` (default false) corrects the normal approximation by one half.
 */
export function wilcoxonSignedRank(
  first: readonly number[],
  second: readonly number[],
  options: {
    alternative?: Alternative
    zeros?: 'drop' | 'pratt' | 'split'
    method?: 'auto' | 'exact' | 'normal'
    continuity?: boolean
  } = {},
): WilcoxonSignedRank {
  const { alternative = 'two-sided', zeros = 'drop', method = 'auto', continuity = false } = options
  checkAlternative('wilcoxonSignedRank', alternative)
  const all = pairedDifferences('wilcoxonSignedRank', first, second, 1)
  const differences = zeros === 'drop' ? all.filter((value) => value !== 0) : all
  const { ranks, tieSizes } = midRanks(differences.map(Math.abs))
  let positive = 0
  let negative = 0
  let zeroRanks = 0
  let zeroCount = 0
  const counted: number[] = []
  differences.forEach((value, index) => {
    const rank = ranks[index]!
    if (value > 0) positive += rank
    else if (value < 0) negative += rank
    else {
      zeroRanks += rank
      zeroCount++
    }
    if (value !== 0) counted.push(rank)
  })
  if (zeros === 'split') {
    positive += zeroRanks / 2
    negative += zeroRanks / 2
  }
  const n = zeros === 'split' ? differences.length : counted.length
  if (counted.length === 0) return { n, positiveRankSum: positive, negativeRankSum: negative, p: 1, method: 'exact' }
  const chosen = method === 'auto' ? (counted.length <= 50 ? 'exact' : 'normal') : method
  const offset = zeros === 'split' ? zeroRanks / 2 : 0
  const p =
    chosen === 'exact'
      ? exactProbability(counted, positive - offset, alternative)
      : normalProbability({ total: differences.length, zeroCount, zeros, tieSizes, positive, continuity, alternative })
  return { n, positiveRankSum: positive, negativeRankSum: negative, p, method: chosen }
}

/** Ranks from 1, ties sharing the mean of their ranks, and the sizes of the groups of ties. */
export function midRanks(values: readonly number[]): { ranks: number[]; tieSizes: number[] } {
  const order = values.map((_, index) => index).sort((a, b) => values[a]! - values[b]!)
  const ranks = new Array<number>(values.length)
  const tieSizes: number[] = []
  for (let start = 0; start < order.length; ) {
    let end = start + 1
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++
    for (let index = start; index < end; index++) ranks[order[index]!] = (start + 1 + end) / 2
    if (end - start > 1) tieSizes.push(end - start)
    start = end
  }
  return { ranks, tieSizes }
}

/** Counts, for every attainable rank sum, the assignments of signs that reach it; mid-ranks are doubled to stay whole. */
function exactProbability(ranks: readonly number[], positive: number, alternative: Alternative): number {
  const doubled = ranks.map((rank) => Math.round(rank * 2))
  const total = doubled.reduce((sum, rank) => sum + rank, 0)
  const chance = new Float64Array(total + 1)
  chance[0] = 1
  let reach = 0
  for (const rank of doubled) {
    reach += rank
    for (let sum = reach; sum >= 0; sum--) {
      chance[sum] = (chance[sum]! + (sum >= rank ? chance[sum - rank]! : 0)) / 2
    }
  }
  const observed = Math.round(positive * 2)
  let less = 0
  let greater = 0
  for (let sum = 0; sum <= total; sum++) {
    if (sum <= observed) less += chance[sum]!
    if (sum >= observed) greater += chance[sum]!
  }
  if (alternative === 'less') return Math.min(1, less)
  if (alternative === 'greater') return Math.min(1, greater)
  return Math.min(1, 2 * Math.min(less, greater))
}

function normalProbability(facts: {
  total: number
  zeroCount: number
  zeros: string
  tieSizes: readonly number[]
  positive: number
  continuity: boolean
  alternative: Alternative
}): number {
  const { total, zeroCount, zeros, positive, continuity, alternative } = facts
  let center = (total * (total + 1)) / 4
  let squared = total * (total + 1) * (2 * total + 1)
  let tieSizes = facts.tieSizes
  if (zeros === 'pratt' && zeroCount > 0) {
    center -= (zeroCount * (zeroCount + 1)) / 4
    squared -= zeroCount * (zeroCount + 1) * (2 * zeroCount + 1)
    // The zeros are the smallest values, so their group of ties comes first.
    if (zeroCount > 1) tieSizes = tieSizes.slice(1)
  }
  squared -= tieSizes.reduce((sum, size) => sum + (size ** 3 - size), 0) / 2
  let distance = positive - center
  if (continuity) {
    if (alternative === 'greater') distance -= 0.5
    else if (alternative === 'less') distance += 0.5
    else distance -= 0.5 * Math.sign(distance)
  }
  const z = distance / Math.sqrt(squared / 24)
  if (alternative === 'less') return normalCdf(z)
  if (alternative === 'greater') return normalCdf(-z)
  return Math.min(1, 2 * normalCdf(-Math.abs(z)))
}
