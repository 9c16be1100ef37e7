// Log-gamma, incomplete gamma and incomplete beta: the three functions under every distribution of this package.
// References: C. Lanczos, SIAM J. Numer. Anal. B 1 (1964), with the coefficients of P. Godfrey (g = 607/128, 15 terms);
// W. J. Lentz, Applied Optics 15 (1976), for the continued fractions; DLMF 8.7.1, 8.9.2, 8.17.22.

const lanczos = [
  0.99999999999999709182, 57.156235665862923517, -59.597960355475491248, 14.136097974741747174, -0.49191381609762019978,
  0.33994649984811888699e-4, 0.46523628927048575665e-4, -0.98374475304879564677e-4, 0.15808870322491248884e-3,
  -0.21026444172410488319e-3, 0.2174396181152126432e-3, -0.16431810653676389022e-3, 0.84418223983852743293e-4,
  -0.2619083840158140867e-4, 0.36899182659531622704e-5,
]
const epsilon = 1e-16
const tiny = 1e-300
const maximumTerms = 100_000

/** Natural logarithm of the gamma function for x > 0. */
export function logGamma(x: number): number {
  const base = x + 607 / 128 - 0.5
  let series = lanczos[0]!
  for (let term = 1; term < lanczos.length; term++) series += lanczos[term]! / (x - 1 + term)
  return (x - 0.5) * Math.log(base) - base + 0.5 * Math.log(2 * Math.PI) + Math.log(series)
}

/** Regularized incomplete gamma functions: `lower` P(a, x) and `upper` Q(a, x) = 1 − P, each exact in its own tail. */
export function incompleteGamma(a: number, x: number): { lower: number; upper: number } {
  if (x <= 0) return { lower: 0, upper: 1 }
  if (x === Infinity) return { lower: 1, upper: 0 }
  const prefix = Math.exp(a * Math.log(x) - x - logGamma(a))
  if (x < a + 1) {
    let term = 1 / a
    let sum = term
    for (let k = 1; k < maximumTerms && Math.abs(term) > Math.abs(sum) * epsilon; k++) {
      term *= x / (a + k)
      sum += term
    }
    const lower = prefix * sum
    return { lower, upper: 1 - lower }
  }
  let b = x + 1 - a
  let c = 1 / tiny
  let d = 1 / b
  let fraction = d
  for (let k = 1; k < maximumTerms; k++) {
    const numerator = -k * (k - a)
    b += 2
    d = 1 / awayFromZero(numerator * d + b)
    c = awayFromZero(b + numerator / c)
    const factor = c * d
    fraction *= factor
    if (Math.abs(factor - 1) < epsilon * 2) break
  }
  const upper = prefix * fraction
  return { lower: 1 - upper, upper }
}

/**
 * Regularized incomplete beta function I_x(a, b).
 *
 * Give `complement` = 1 − x where it is known exactly: it keeps small tails accurate when x is close to 1.
 */
export function incompleteBeta(x: number, a: number, b: number, complement = 1 - x): number {
  if (x <= 0) return 0
  if (complement <= 0) return 1
  const prefix = Math.exp(a * logOf(x, complement) + b * logOf(complement, x) - logBeta(a, b))
  if (x < (a + 1) / (a + b + 2)) return (prefix * betaFraction(x, a, b)) / a
  return 1 - (prefix * betaFraction(complement, b, a)) / b
}

/** Natural logarithm of the beta function, without the cancellation of three large log-gammas. */
export function logBeta(a: number, b: number): number {
  const small = Math.min(a, b)
  const large = Math.max(a, b)
  if (large < 10) return logGamma(small) + logGamma(large) - logGamma(small + large)
  const correction = stirlingRest(large) - stirlingRest(small + large)
  const shared = (large - 0.5) * Math.log1p(-small / (small + large))
  if (small < 10) return logGamma(small) + correction + small - small * Math.log(small + large) + shared
  // ½ ln 2π − ½ ln large and the small part, each from Stirling's formula.
  return (
    0.5 * Math.log((2 * Math.PI) / large) +
    stirlingRest(small) +
    correction +
    (small - 0.5) * Math.log(small / (small + large)) +
    large * Math.log1p(-small / (small + large))
  )
}

/** What Stirling's formula leaves of log-gamma, for x of at least 10 (DLMF 5.11.1). */
function stirlingRest(x: number): number {
  const square = 1 / (x * x)
  const terms = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360_360, 1 / 156]
  return terms.reduceRight((sum, term) => sum * square + term, 0) / x
}

function logOf(x: number, complement: number): number {
  return x > 0.5 ? Math.log1p(-complement) : Math.log(x)
}

function betaFraction(x: number, a: number, b: number): number {
  let c = 1
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1))
  let fraction = d
  for (let m = 1; m < maximumTerms; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / awayFromZero(1 + even * d)
    c = awayFromZero(1 + even / c)
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / awayFromZero(1 + odd * d)
    c = awayFromZero(1 + odd / c)
    const factor = d * c
    fraction *= factor
    if (Math.abs(factor - 1) < epsilon * 2) break
  }
  return fraction
}

function awayFromZero(value: number): number {
  return Math.abs(value) < tiny ? tiny : value
}

/**
 * The x ≥ 0 at which a decreasing `upperTail` reaches `target` in (0, 1), by bracketing and the Illinois variant of
 * false position on the logarithm of the tail, to about 1e-14 relative.
 */
export function invertUpperTail(upperTail: (x: number) => number, target: number): number {
  if (upperTail(0) <= target) return 0
  const goal = Math.log(target)
  const height = (x: number) => Math.log(Math.max(upperTail(x), tiny)) - goal
  let high = 1
  while (height(high) > 0 && high < 1e300) high *= 2
  let low = high === 1 ? 0 : high / 2
  for (let step = 0; low === 0 && step < 1000 && height(high / 2) < 0; step++) high /= 2
  if (low === 0) low = high / 2
  let heightLow = height(low)
  let heightHigh = height(high)
  let side = 0
  for (let step = 0; step < 300 && high - low > Math.abs(high) * 1e-15; step++) {
    const secant = (low * heightHigh - high * heightLow) / (heightHigh - heightLow)
    const middle = step % 4 === 3 || !(secant > low && secant < high) ? (low + high) / 2 : secant
    const value = height(middle)
    if (value === 0) return middle
    if (value > 0) {
      low = middle
      heightLow = value
      if (side === 1) heightHigh /= 2
      side = 1
    } else {
      high = middle
      heightHigh = value
      if (side === -1) heightLow /= 2
      side = -1
    }
  }
  return (low + high) / 2
}
