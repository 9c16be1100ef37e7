import { compensatedSum, mean, quantileOfSorted } from './descriptive.js'
import { normalCdf, normalQuantile } from './normal.js'
import { checkBetween, checkSample, checkWhole, pairedDifferences } from './sample-check.js'
import { type RandomSource, randomBelow, randomFrom } from './seeded-random.js'

/** How to resample: number of `resamples` (default 9999), `confidence` (default 0.95), and where chance comes from. */
export type BootstrapOptions = { readonly resamples?: number; readonly confidence?: number } & RandomSource

/** A bootstrap interval around the value that was observed. */
export interface BootstrapInterval {
  readonly value: number
  readonly confidenceInterval: readonly [number, number]
  readonly standardError: number
}

/**
 * Bootstrap interval of any statistic of one sample (default: the mean), by 'bca' (default) or 'percentile'.
 *
 * Needs two values. B. Efron, J. American Statistical Association 82 (1987) for the bias-corrected and accelerated
 * interval. With fewer than about ten values both kinds are narrower than they should be; prefer the t interval there.
 */
export function bootstrap(
  values: readonly number[],
  options: BootstrapOptions & {
    readonly statistic?: (values: readonly number[]) => number
    readonly method?: 'bca' | 'percentile'
  },
): BootstrapInterval {
  const { statistic = mean, method = 'bca', resamples = 9999, confidence = 0.95 } = options
  checkSample('bootstrap', 'values', values, 2)
  checkWhole('bootstrap', 'resamples', resamples, 1)
  checkBetween('bootstrap', 'confidence', confidence, 0, 1)
  const random = randomFrom('bootstrap', options)
  const value = statistic(values)
  const draw = new Array<number>(values.length)
  const distribution = Float64Array.from({ length: resamples }, () => {
    for (let index = 0; index < draw.length; index++) draw[index] = values[randomBelow(random, values.length)]!
    return statistic(draw)
  })
  const jackknife =
    method === 'bca' ? values.map((_, left) => statistic(values.filter((_, index) => index !== left))) : []
  return {
    value,
    confidenceInterval:
      method === 'bca'
        ? bcaInterval(distribution, value, jackknife, confidence)
        : percentileInterval(distribution, confidence),
    standardError: spread(distribution),
  }
}

/** Bootstrap interval of the mean of `first − second`: pairs are drawn together. */
export function pairedBootstrap(
  first: readonly number[],
  second: readonly number[],
  options: BootstrapOptions & { readonly method?: 'bca' | 'percentile' },
): BootstrapInterval {
  return bootstrap(pairedDifferences('pairedBootstrap', first, second, 2), options)
}

/**
 * Two-level bootstrap of a mean: groups (seeds) are drawn with replacement, then the observations (sequences) within.
 *
 * `groups` holds one array of paired differences a seed. The interval (percentile) covers both the choice of seeds
 * and the choice of test sequences; the value is the mean of the group means. A. C. Davison & D. V. Hinkley,
 * Bootstrap Methods (1997), section 3.8.
 */
export function hierarchicalBootstrap(
  groups: readonly (readonly number[])[],
  options: BootstrapOptions,
): BootstrapInterval {
  const { resamples = 9999, confidence = 0.95 } = options
  checkWhole('hierarchicalBootstrap', 'resamples', resamples, 1)
  checkBetween('hierarchicalBootstrap', 'confidence', confidence, 0, 1)
  checkSample(
    'hierarchicalBootstrap',
    'groups',
    groups.map((group) => group.length),
    2,
  )
  groups.forEach((group, index) => checkSample('hierarchicalBootstrap', `groups[${index}]`, group, 1))
  const random = randomFrom('hierarchicalBootstrap', options)
  const distribution = Float64Array.from({ length: resamples }, () => {
    let total = 0
    for (let drawn = 0; drawn < groups.length; drawn++) {
      const group = groups[randomBelow(random, groups.length)]!
      let sum = 0
      for (let index = 0; index < group.length; index++) sum += group[randomBelow(random, group.length)]!
      total += sum / group.length
    }
    return total / groups.length
  })
  return {
    value: mean(groups.map((group) => mean(group))),
    confidenceInterval: percentileInterval(distribution, confidence),
    standardError: spread(distribution),
  }
}

/** The central share `confidence` of a resampled distribution. */
export function percentileInterval(distribution: ArrayLike<number>, confidence: number): readonly [number, number] {
  const sorted = Float64Array.from(distribution).sort()
  return [quantileOfSorted(sorted, (1 - confidence) / 2), quantileOfSorted(sorted, (1 + confidence) / 2)]
}

/** Efron's bias-corrected and accelerated interval from a resampled distribution and leave-one-out values. */
export function bcaInterval(
  distribution: ArrayLike<number>,
  value: number,
  jackknife: readonly number[],
  confidence: number,
): readonly [number, number] {
  const sorted = Float64Array.from(distribution).sort()
  if (sorted[0] === sorted[sorted.length - 1]) return [sorted[0]!, sorted[0]!]
  let below = 0
  let equal = 0
  for (const item of sorted) {
    if (item < value) below++
    else if (item === value) equal++
  }
  const share = (below + equal / 2) / sorted.length
  // A value outside everything that was resampled has no finite bias correction: fall back to the nearest that has.
  const bias = normalQuantile(Math.min(1 - 0.5 / sorted.length, Math.max(0.5 / sorted.length, share)))
  const center = mean(jackknife)
  const influence = jackknife.map((item) => center - item)
  const squares = compensatedSum(influence.map((item) => item ** 2))
  const acceleration = squares === 0 ? 0 : compensatedSum(influence.map((item) => item ** 3)) / (6 * squares ** 1.5)
  const adjusted = (probability: number) => {
    const shifted = bias + normalQuantile(probability)
    return normalCdf(bias + shifted / (1 - acceleration * shifted))
  }
  return [
    quantileOfSorted(sorted, adjusted((1 - confidence) / 2)),
    quantileOfSorted(sorted, adjusted((1 + confidence) / 2)),
  ]
}

function spread(distribution: Float64Array): number {
  const center = compensatedSum(Array.from(distribution)) / distribution.length
  const squares = distribution.reduce((sum, item) => sum + (item - center) ** 2, 0)
  return Math.sqrt(squares / Math.max(1, distribution.length - 1))
}
