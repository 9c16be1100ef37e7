// What theory says of the errors. Koloskova et al., ICML 2024 (arXiv 2305.19259), and closed forms for the linear
// counter-example x ← (1 − γ) x − γ a_i with a = ±1, Σ a_i = 0 (L = σ = 1).

/** Correlation time τ = ⌈1 / (L γ)⌉: for so many steps an iterate remembers. */
export function correlationTime(smoothness: number, stepSize: number): number {
  return Math.ceil(1 / (smoothness * stepSize))
}

/** The noise term of the rate, L² γ² σ²_τ. */
export function noiseTerm(smoothness: number, stepSize: number, periodVariance: number): number {
  return smoothness ** 2 * stepSize ** 2 * periodVariance
}

/** Counter-example, draws with replacement: the stationary E x² = γ / (2 − γ), exact for any γ in (0, 2). */
export function withReplacementError(stepSize: number): number {
  return stepSize / (2 - stepSize)
}

/**
 * Counter-example, +1 then −1 (incremental gradient, sorted): mean x² over the limit cycle, exact.
 *
 * From x_p (the point where the +1 begin), n/2 steps lead to −x_p by symmetry: with q = (1 − γ)^{n/2},
 * x_p = (1 − q) / (1 + q), and x_t = −1 + (1 + x_p)(1 − γ)^t. For γ n ≪ 1 it is γ² n² / 48, for γ n ≫ 1 it is 1.
 */
export function sortedError(stepSize: number, size: number): number {
  const half = size / 2
  const decay = (1 - stepSize) ** half
  const amplitude = 1 + (1 - decay) / (1 + decay)
  let sum = 0
  let factor = 1
  for (let t = 0; t < half; t++) {
    sum += (-1 + amplitude * factor) ** 2
    factor *= 1 - stepSize
  }
  return sum / half
}

/** Counter-example, γ n ≪ 1: mean x² over the cycle of one uniformly random order, repeated: γ² n / 12. */
export function singleShuffleError(stepSize: number, size: number): number {
  return (stepSize ** 2 * size) / 12
}

/** Counter-example, γ n ≪ 1: mean x² over all iterates when every epoch draws a fresh order: γ² n / 6. */
export function reshufflingError(stepSize: number, size: number): number {
  return (stepSize ** 2 * size) / 6
}

/** Counter-example: below this step size the sorted order beats draws with replacement, 24 / n² (γ/2 = γ² n² / 48). */
export function sortedCrossover(size: number): number {
  return 24 / size ** 2
}
