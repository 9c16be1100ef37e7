// p-values for the statistical tests beside this file.

function logGamma(x: number): number {
  // Lanczos, g = 7, nine terms
  const g = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ]
  const sum = g.slice(1).reduce((total, value, i) => total + value / (x + i), g[0] as number)
  const t = x + 6.5
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum)
}

/** Probability that a chi-square variable with `degrees` of freedom exceeds `statistic`. */
export function chiSquareTail(statistic: number, degrees: number): number {
  const a = degrees / 2
  const x = statistic / 2
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a))
  if (x < a + 1) {
    let term = 1 / a
    let sum = term
    for (let n = 1; n < 10_000 && term > sum * 1e-16; n += 1) sum += term *= x / (a + n)
    return 1 - sum * scale
  }
  let b = x + 1 - a
  let c = 1e300
  let d = 1 / b
  let h = d
  for (let i = 1; i < 10_000; i += 1) {
    const an = -i * (i - a)
    b += 2
    d = 1 / (an * d + b)
    c = b + an / c
    h *= d * c
    if (Math.abs(d * c - 1) < 1e-15) break
  }
  return h * scale
}

/** Two-sided probability of a standard normal deviate at least as large as `z`. */
export function normalTail(z: number): number {
  return z === 0 ? 1 : chiSquareTail(z * z, 1)
}

/** Kolmogorov–Smirnov p-value (asymptotic) of a sorted sample against a continuous distribution function. */
export function kolmogorovTail(sorted: ArrayLike<number>, distribution: (x: number) => number): number {
  const n = sorted.length
  let distance = 0
  for (let i = 0; i < n; i += 1) {
    const value = distribution(sorted[i] as number)
    distance = Math.max(distance, (i + 1) / n - value, value - i / n)
  }
  const t = (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n)) * distance
  if (t < 0.3) return 1
  let sum = 0
  for (let k = 1; k < 101; k += 1) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * t * t)
  return Math.min(1, Math.max(0, sum))
}
