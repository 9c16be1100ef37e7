/** How long a round is, in seconds. */
export interface RoundLength {
  /** Untimed before it: whoever ran before may have threads that still spin, and caches are his. */
  readonly settle: number
  /** Timed, at the least. */
  readonly timed: number
}

/** Rounds of the benches; one iteration may last longer than either. */
export const roundLength: RoundLength = { settle: 0.2, timed: 0.25 }

/**
 * Seconds that one iteration takes: iterations without timing for `settle` seconds, then whole batches of them until
 * `timed` seconds are over, with the clock read only between batches. `pytorch.py` does the same.
 */
export function timeRound(
  iterate: () => void,
  { settle, timed }: RoundLength = roundLength,
  now: () => number = () => performance.now() / 1000,
): number {
  let start = now()
  let count = 0
  do {
    iterate()
    count++
  } while (now() - start < settle)
  const batch = Math.max(1, Math.ceil((timed * count) / (now() - start)))
  start = now()
  count = 0
  do {
    for (let i = 0; i < batch; i++) iterate()
    count += batch
  } while (now() - start < timed)
  return (now() - start) / count
}
