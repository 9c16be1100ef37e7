/**
 * The power at which accuracies over a grid of rising powers reach a target, by linear interpolation over log₁₀ power;
 * returns log₁₀. Below the grid's first accuracy: its first power. Never reached: the last power, times the grid's last
 * step, so that what is not reached never counts in its favour.
 */
export function powerToReach(powers: readonly number[], accuracies: readonly number[], target: number): number {
  const logs = powers.map((power) => Math.log10(power))
  if (accuracies[0]! >= target) return logs[0]!
  for (let i = 1; i < powers.length; i++) {
    if (accuracies[i]! < target) continue
    const part = (target - accuracies[i - 1]!) / (accuracies[i]! - accuracies[i - 1]!)
    return logs[i - 1]! + part * (logs[i]! - logs[i - 1]!)
  }
  return 2 * logs.at(-1)! - logs.at(-2)!
}

/** The smallest power of the grid that reaches a target, as the paper's tables have it; undefined: none. */
export function gridPowerToReach(
  powers: readonly number[],
  accuracies: readonly number[],
  target: number,
): number | undefined {
  const at = accuracies.findIndex((accuracy) => accuracy >= target)
  return at < 0 ? undefined : powers[at]!
}
