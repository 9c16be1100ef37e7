import { checkBetween } from './sample-check.js'
import { incompleteGamma } from './special-functions.js'

/** P(Z ≤ z) of the standard normal distribution; keeps its relative accuracy far into the lower tail. */
export function normalCdf(z: number): number {
  const { lower, upper } = incompleteGamma(0.5, (z * z) / 2)
  return z < 0 ? upper / 2 : 0.5 + lower / 2
}

/** The z with P(Z ≤ z) = `probability` in (0, 1): M. J. Wichura, algorithm AS 241, Applied Statistics 37 (1988). */
export function normalQuantile(probability: number): number {
  checkBetween('normalQuantile', 'probability', probability, 0, 1)
  const centered = probability - 0.5
  if (Math.abs(centered) <= 0.425) {
    const r = 0.180625 - centered * centered
    return (centered * horner(centralNumerator, r)) / horner(centralDenominator, r)
  }
  const r = Math.sqrt(-Math.log(centered < 0 ? probability : 1 - probability))
  const size =
    r <= 5
      ? horner(middleNumerator, r - 1.6) / horner(middleDenominator, r - 1.6)
      : horner(farNumerator, r - 5) / horner(farDenominator, r - 5)
  return centered < 0 ? -size : size
}

function horner(coefficients: readonly number[], x: number): number {
  let value = 0
  for (let index = coefficients.length - 1; index >= 0; index--) value = value * x + coefficients[index]!
  return value
}

const centralNumerator = [
  3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125, 45921.953931549871457,
  67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
]
const centralDenominator = [
  1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867, 39307.89580009271061,
  28729.085735721942674, 5226.495278852545925,
]
const middleNumerator = [
  1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504, 1.27045825245236838258,
  0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
]
const middleDenominator = [
  1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459,
  0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9,
]
const farNumerator = [
  6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123, 0.026532189526576123093,
  0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
]
const farDenominator = [
  1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 7.868691311456132591e-4,
  1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
]
