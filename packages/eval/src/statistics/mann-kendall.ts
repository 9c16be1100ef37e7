import { normalCdf } from './normal.js'
import { type Alternative, checkAlternative, checkSample } from './sample-check.js'

/** What a Mann–Kendall trend test found. */
export interface MannKendall {
  /** Rising pairs minus falling pairs. */
  readonly statistic: number
  /** Kendall's tau-b against the order of the values. */
  readonly tau: number
  readonly p: number
  readonly method: 'exact' | 'normal'
}

/**
 * Mann–Kendall test: do values in order rise or fall, in whatever shape?
 *
 * Needs three values. 'auto' (default) is exact up to 30 values without ties and otherwise normal with the variance
 * corrected for ties; `continuity` (default true) corrects the normal approximation by one pair. `alternative`
 * (default 'two-sided'): 'greater' means rising. H. B. Mann, Econometrica 13 (1945); M. G. Kendall (1970).
 */
export function mannKendall(
  values: readonly number[],
  options: { alternative?: Alternative; method?: 'auto' | 'exact' | 'normal'; continuity?: boolean } = {},
): MannKendall {
  const { alternative = 'two-sided', method = 'auto', continuity = true } = options
  checkAlternative('mannKendall', alternative)
  checkSample('mannKendall', 'values', values, 3)
  const n = values.length
  let statistic = 0
  for (let later = 1; later < n; later++) {
    for (let earlier = 0; earlier < later; earlier++) statistic += Math.sign(values[later]! - values[earlier]!)
  }
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  const ties = [...counts.values()].filter((size) => size > 1)
  const pairs = (n * (n - 1)) / 2
  const untied = pairs - ties.reduce((sum, size) => sum + (size * (size - 1)) / 2, 0)
  const tau = untied === 0 ? 0 : statistic / Math.sqrt(pairs * untied)
  const chosen = method === 'auto' ? (ties.length === 0 && n <= 30 ? 'exact' : 'normal') : method
  if (chosen === 'exact') return { statistic, tau, p: exactProbability(n, statistic, alternative), method: chosen }
  const variance =
    (n * (n - 1) * (2 * n + 5) - ties.reduce((sum, size) => sum + size * (size - 1) * (2 * size + 5), 0)) / 18
  const corrected = continuity ? statistic - Math.sign(statistic) : statistic
  const z = variance === 0 ? 0 : corrected / Math.sqrt(variance)
  const p =
    alternative === 'less'
      ? normalCdf(z)
      : alternative === 'greater'
        ? normalCdf(-z)
        : Math.min(1, 2 * normalCdf(-Math.abs(z)))
  return { statistic, tau, p, method: chosen }
}

/** The number of inversions of a random order of n values has independent uniform parts on 0…k−1 for k = 1…n. */
function exactProbability(n: number, statistic: number, alternative: Alternative): number {
  const pairs = (n * (n - 1)) / 2
  let chance = new Float64Array(pairs + 1)
  chance[0] = 1
  for (let size = 2; size <= n; size++) {
    const next = new Float64Array(pairs + 1)
    for (let total = 0; total <= (size * (size - 1)) / 2; total++) {
      for (let part = 0; part < size && part <= total; part++) next[total]! += chance[total - part]! / size
    }
    chance = next
  }
  // statistic = 2 × rising pairs − all pairs
  const rising = (statistic + pairs) / 2
  let less = 0
  let greater = 0
  chance.forEach((probability, total) => {
    if (total <= rising) less += probability
    if (total >= rising) greater += probability
  })
  if (alternative === 'less') return Math.min(1, less)
  if (alternative === 'greater') return Math.min(1, greater)
  return Math.min(1, 2 * Math.min(less, greater))
}
