import type { RandomStream } from '@lemanic/tensor-core'

/**
 * One draw from the symmetric Dirichlet distribution: `size` shares that sum to 1.
 *
 * Shares are gamma variates over their sum, formed from logarithms: with a concentration of 0.01 a gamma variate is
 * often smaller than the smallest double, and plain arithmetic would divide 0 by 0.
 *
 * @param concentration α above 0: small makes one share take nearly all, large makes all shares alike.
 */
export function drawDirichlet(stream: RandomStream, concentration: number, size: number): Float64Array {
  const logarithms = Float64Array.from({ length: size }, () => drawLogGamma(stream, concentration))
  const largest = Math.max(...logarithms)
  const shares = logarithms.map((value) => Math.exp(value - largest))
  const total = shares.reduce((sum, share) => sum + share, 0)
  return shares.map((share) => share / total)
}

/**
 * Logarithm of one gamma variate of the given shape and scale 1.
 *
 * Marsaglia and Tsang, "A simple method for generating gamma variables", 2000, for a shape of at least 1; below that
 * their identity gamma(a) = gamma(a + 1) · U^(1/a).
 */
export function drawLogGamma(stream: RandomStream, shape: number): number {
  if (shape < 1) return drawLogGamma(stream, shape + 1) + Math.log(1 - stream.nextUniform()) / shape
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const normal = drawNormal(stream)
    const v = (1 + c * normal) ** 3
    if (v <= 0) continue
    const uniform = 1 - stream.nextUniform() // (0, 1]
    if (Math.log(uniform) < normal ** 2 / 2 + d - d * v + d * Math.log(v)) return Math.log(d) + Math.log(v)
  }
}

/** One standard normal number (Box and Muller 1958, the cosine branch). */
function drawNormal(stream: RandomStream): number {
  const radius = Math.sqrt(-2 * Math.log(1 - stream.nextUniform()))
  return radius * Math.cos(2 * Math.PI * stream.nextUniform())
}
