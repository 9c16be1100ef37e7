import { noncentralTCdf, studentTQuantile } from './student-t.js'
import { checkBetween, checkWhole } from './sample-check.js'

/** Power of the two-sided one-sample (or paired) t test for a true standardised effect `dz` = mean / sd, n pairs. */
export function pairedTTestPower(options: { dz: number; n: number; alpha?: number }): number {
  const { dz, n, alpha = 0.05 } = options
  checkWhole('pairedTTestPower', 'n', n, 2)
  checkBetween('pairedTTestPower', 'alpha', alpha, 0, 1)
  return powerBeyond(studentTQuantile(1 - alpha / 2, n - 1), dz, n)
}

/** The chance that |t| exceeds a critical value. */
function powerBeyond(critical: number, dz: number, n: number): number {
  const degreesOfFreedom = n - 1
  const noncentrality = dz * Math.sqrt(n)
  return (
    1 -
    noncentralTCdf(critical, degreesOfFreedom, noncentrality) +
    noncentralTCdf(-critical, degreesOfFreedom, noncentrality)
  )
}

/**
 * The smallest standardised effect |dz| that a two-sided paired t test of n pairs finds with the given power
 * (default 0.8) at level `alpha` (default 0.05).
 *
 * Multiply by the standard deviation of the differences for the effect in the metric's unit; for large n this is the
 * familiar 2.8 sd / √n. J. Cohen, Statistical Power Analysis (1988), solved with the noncentral t distribution.
 */
export function minimumDetectableEffect(options: { n: number; alpha?: number; power?: number }): number {
  const { n, alpha = 0.05, power = 0.8 } = options
  checkBetween('minimumDetectableEffect', 'power', power, alpha, 1)
  checkWhole('minimumDetectableEffect', 'n', n, 2)
  const critical = studentTQuantile(1 - alpha / 2, n - 1)
  const shortfall = (dz: number) => power - powerBeyond(critical, dz, n)
  let low = 0
  let high = 1
  // The series behind the power loses digits beyond a noncentrality of 37; no useful power is that far out.
  while (high * Math.sqrt(n) < 37 && shortfall(high) > 0) high *= 2
  let atLow = power - alpha
  let atHigh = shortfall(high)
  // False position, Illinois variant: the end that stays counts half from its second time on.
  let side = 0
  for (let step = 0; step < 100 && high - low > 1e-12 * high; step++) {
    const middle = low + ((high - low) * atLow) / (atLow - atHigh)
    const value = shortfall(middle)
    if (Math.abs(value) < 1e-13) return middle
    if (value > 0) {
      low = middle
      atLow = value
      if (side === 1) atHigh /= 2
      side = 1
    } else {
      high = middle
      atHigh = value
      if (side === -1) atLow /= 2
      side = -1
    }
  }
  return (low + high) / 2
}
