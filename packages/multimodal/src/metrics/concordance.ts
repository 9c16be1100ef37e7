/**
 * Harrell's concordance: over pairs whose order of events is known, how often the one with the earlier event has the
 * higher risk, ties counting half. NaN without such pairs. O(n²).
 *
 * @param moments Interval of the event, or intervals survived by a censored one.
 * @param events 1 where the event came.
 */
export function concordance(risks: ArrayLike<number>, moments: ArrayLike<number>, events: ArrayLike<number>): number {
  let [pairs, right] = [0, 0]
  for (let i = 0; i < risks.length; i++) {
    if (events[i] !== 1) continue
    for (let j = 0; j < risks.length; j++) {
      // an event after this one; or censored after having survived this interval
      const isLater = moments[j] > moments[i]
      if (i === j || !isLater) continue
      pairs += 1
      right += risks[i] > risks[j] ? 1 : risks[i] === risks[j] ? 0.5 : 0
    }
  }
  return pairs === 0 ? NaN : right / pairs
}
