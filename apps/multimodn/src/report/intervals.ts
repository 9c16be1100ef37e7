import { pairedTTest } from '@lemanic/eval'

/** The 95 % t interval of a mean of at least two values. */
export function meanInterval(values: readonly number[]): [number, number] {
  const [low, high] = pairedTTest(
    values,
    values.map(() => 0),
  ).confidenceInterval
  return [low, high]
}
