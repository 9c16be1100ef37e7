import { noncentralTCdf, studentTQuantile } from './student-t.js';
import { checkBetween, checkWhole } from './sample-check.js';

/** Power of the two-sided one-sample (or paired) t test for a true standardised effect `dz` = mean / sd, n pairs. */
export function pairedTTestPower(options: { dz: number; n: number; alpha?: number }): number {
  const { dz, n, alpha = 0.05 } = options;
  checkWhole('pairedTTestPower', 'n', n, 2);
  checkBetween('pairedTTestPower', 'alpha', alpha, 0, 1);
  const degreesOfFreedom = n - 1;
  const critical = studentTQuantile(1 - alpha / 2, degreesOfFreedom);
  const noncentrality = dz * Math.sqrt(n);
  return (
    1 -
    noncentralTCdf(critical, degreesOfFreedom, noncentrality) +
    noncentralTCdf(-critical, degreesOfFreedom, noncentrality)
  );
}

/**
 * The smallest standardised effect |dz| that a two-sided paired t test of n pairs finds with the given power
 * (default 0.8) at level `alpha` (default 0.05).
 *
 * Multiply by the standard deviation of the differences for the effect in the metric's unit; for large n this is the
 * familiar 2.8 sd / √n. J. Cohen, Statistical Power Analysis (1988), solved with the noncentral t distribution.
 */
export function minimumDetectableEffect(options: { n: number; alpha?: number; power?: number }): number {
  const { n, alpha = 0.05, power = 0.8 } = options;
  checkBetween('minimumDetectableEffect', 'power', power, alpha, 1);
  let low = 0;
  let high = 1;
  // The series behind the power loses digits beyond a noncentrality of 37; no useful power is that far out.
  while (high * Math.sqrt(n) < 37 && pairedTTestPower({ dz: high, n, alpha }) < power) high *= 2;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (pairedTTestPower({ dz: middle, n, alpha }) < power) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
