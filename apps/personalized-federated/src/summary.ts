/** The mean of the worst tenth of the clients (at least one). */
export function worstDecile(values: ArrayLike<number>, worst: 'lowest' | 'highest'): number {
  const sorted = Float64Array.from(values).sort()
  const count = Math.max(1, Math.floor(sorted.length / 10))
  const tail = worst === 'lowest' ? sorted.subarray(0, count) : sorted.subarray(sorted.length - count)
  return tail.reduce((sum, value) => sum + value, 0) / count
}

/** A number that every JSON reader takes: what diverged counts as `limit`. */
export function finite(value: number, limit = 1e6): number {
  return Number.isFinite(value) ? Math.min(Math.max(value, -limit), limit) : limit
}

/**
 * Of those inside the balls of the honest clients (other than themselves), the share that is of their cluster; and of
 * the others of their cluster, the share that is inside. Attackers count as strangers.
 */
export function ballQuality(
  inside: Readonly<Record<string, readonly number[]>>,
  clusters: ArrayLike<number>,
  honest: number,
): { precision: number; recall: number } {
  let [right, taken, kin] = [0, 0, 0]
  for (const [name, members] of Object.entries(inside)) {
    const client = Number(name)
    if (client >= honest) continue
    const others = members.filter((member) => member !== client)
    taken += others.length
    right += others.filter((member) => member < honest && clusters[member] === clusters[client]).length
    for (let i = 0; i < honest; i++) if (i !== client && clusters[i] === clusters[client]) kin++
  }
  return { precision: taken === 0 ? 1 : right / taken, recall: kin === 0 ? 1 : right / kin }
}

/** Adjusted Rand index of two labellings: 1 is equal up to names, 0 what chance gives. Hubert and Arabie, 1985. */
export function adjustedRandIndex(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const pairs = (n: number): number => (n * (n - 1)) / 2
  const counts = (keys: readonly string[]): number => {
    const table = new Map<string, number>()
    for (const key of keys) table.set(key, (table.get(key) ?? 0) + 1)
    return [...table.values()].reduce((sum, n) => sum + pairs(n), 0)
  }
  const [left, right] = [Array.from(a, String), Array.from(b, String)]
  const both = counts(left.map((label, i) => `${label} ${right[i]}`))
  const [first, second] = [counts(left), counts(right)]
  const expected = (first * second) / pairs(left.length)
  const most = (first + second) / 2
  return most === expected ? 1 : (both - expected) / (most - expected)
}
