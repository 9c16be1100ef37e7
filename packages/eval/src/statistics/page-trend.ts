import { EvalError } from '../errors.js'
import { normalCdf } from './normal.js'
import { checkSample } from './sample-check.js'
import { midRanks } from './wilcoxon-signed-rank.js'

/**
 * Page's L test for ordered alternatives: do repeated measurements rise from treatment to treatment?
 *
 * `rows` holds one row a subject (seed), each with a value for every treatment in the predicted ascending order; at
 * least three treatments. One-sided by construction. 'auto' (default) is exact for up to 7 treatments and 20 rows
 * without ties, else normal. E. B. Page, J. American Statistical Association 58 (1963).
 */
export function pageTrend(
  rows: readonly (readonly number[])[],
  options: { method?: 'auto' | 'exact' | 'normal' } = {},
): { statistic: number; p: number; method: 'exact' | 'normal' } {
  const { method = 'auto' } = options
  if (rows.length === 0) {
    throw new EvalError('invalid-sample', 'pageTrend: expected at least one row (a subject or seed), got none.', {})
  }
  const treatments = rows[0]!.length
  rows.forEach((row, index) => {
    checkSample('pageTrend', `rows[${index}]`, row, 3)
    if (row.length !== treatments) {
      throw new EvalError(
        'invalid-sample',
        `pageTrend: expected ${treatments} values in every row as in the first, got ${row.length} in row ${index}.`,
        { row: index, expected: treatments, got: row.length },
      )
    }
  })
  let statistic = 0
  let tied = false
  for (const row of rows) {
    const { ranks, tieSizes } = midRanks(row)
    tied ||= tieSizes.length > 0
    ranks.forEach((rank, index) => (statistic += rank * (index + 1)))
  }
  const fits = !tied && treatments <= 7 && rows.length <= 20
  if (method === 'exact' && (tied || treatments > 8)) {
    throw new EvalError(
      'invalid-option',
      `pageTrend: expected no ties and at most 8 treatments for method 'exact', got ${tied ? 'ties' : `${treatments} treatments`}. Use method 'normal'.`,
      { tied, treatments },
    )
  }
  const chosen = method === 'auto' ? (fits ? 'exact' : 'normal') : method
  const p =
    chosen === 'exact'
      ? exactProbability(treatments, rows.length, statistic)
      : normalProbability(treatments, rows.length, statistic)
  return { statistic, p, method: chosen }
}

function normalProbability(treatments: number, rows: number, statistic: number): number {
  const center = (rows * treatments * (treatments + 1) ** 2) / 4
  const variance = (rows * treatments ** 2 * (treatments + 1) * (treatments ** 2 - 1)) / 144
  return normalCdf((center - statistic) / Math.sqrt(variance))
}

function exactProbability(treatments: number, rows: number, statistic: number): number {
  const one = rowDistribution(treatments)
  let chance = new Map<number, number>([[0, 1]])
  for (let row = 0; row < rows; row++) {
    const next = new Map<number, number>()
    for (const [sum, weight] of chance) {
      for (const [value, share] of one) next.set(sum + value, (next.get(sum + value) ?? 0) + weight * share)
    }
    chance = next
  }
  let p = 0
  for (const [sum, weight] of chance) if (sum >= statistic) p += weight
  return Math.min(1, p)
}

/** Distribution of Σ position × rank over all orders of the ranks 1…k. */
function rowDistribution(treatments: number): Map<number, number> {
  const counts = new Map<number, number>()
  const used = new Array<boolean>(treatments + 1).fill(false)
  let orders = 0
  const descend = (position: number, sum: number): void => {
    if (position > treatments) {
      counts.set(sum, (counts.get(sum) ?? 0) + 1)
      orders++
      return
    }
    for (let rank = 1; rank <= treatments; rank++) {
      if (used[rank]) continue
      used[rank] = true
      descend(position + 1, sum + position * rank)
      used[rank] = false
    }
  }
  descend(1, 0)
  return new Map([...counts].map(([sum, count]) => [sum, count / orders]))
}
