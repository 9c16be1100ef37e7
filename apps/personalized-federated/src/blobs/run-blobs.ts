import { leastSquaresSlope, mean, type RunOutput } from '@lemanic/eval'
import {
  type Attack,
  duplicateCollusion,
  edgeOfBall,
  forgeVectors,
  largeGradient,
  quantileRadius,
  type RadiusPolicy,
  theoryRadius,
  thresholdClustering,
  vectorRows,
} from '@lemanic/fed-opt'
import { fillRandomNormal, type RandomKey, randomKey } from '@lemanic/tensor-core'
import type { FederatedContext } from '../mnist/run-digits.js'
import { distance } from '../regression/problem.js'

/** Δ, the distance of the means of different clusters, where σ = 1. */
const separation = 8
const dimension = 10
export const radii = ['theory', 'share', 'quantile 0.1', 'quantile 0.2', 'quantile 0.24', 'quantile 0.3'] as const
export type RadiusName = (typeof radii)[number]
/** Attackers as a share of all points. */
export const shares = [0, 0.05, 0.1, 0.15, 0.2] as const
export const blobAttacks = ['large gradient', 'edge', 'duplicates'] as const

const theory = { deviation: 1, separation }
const edgeRadius = Math.sqrt(separation)

function policy(name: RadiusName): RadiusPolicy {
  if (name === 'theory') return theoryRadius(theory)
  if (name === 'share') return theoryRadius({ ...theory, share: 0.25 })
  return quantileRadius({ quantile: Number(name.split(' ')[1]) })
}

/** Normal points around K means that are `apart` from one another; the mean of cluster 0 is the origin. */
export function blobs(options: {
  readonly clusters: number
  readonly size: number
  /** σ: root mean square distance of a point from its mean. */
  readonly spread: number
  readonly apart: number
  readonly key: RandomKey
}): Float64Array[] {
  const { clusters, size, spread, apart, key } = options
  const noise = fillRandomNormal(key, new Float32Array(clusters * size * dimension))
  const corner = apart / Math.SQRT2
  return Array.from({ length: clusters * size }, (_, i) => {
    const cluster = Math.floor(i / size)
    return Float64Array.from({ length: dimension }, (_unused, k) => {
      const center = (k === cluster ? corner : 0) - (k === 0 ? corner : 0)
      return center + (spread / Math.sqrt(dimension)) * noise[i * dimension + k]!
    })
  })
}

/** Squared error of the centre that starts at the first point, which belongs to cluster 0. */
function squaredError(points: readonly Float64Array[], radius: RadiusPolicy, iterations: number): number {
  const { centers } = thresholdClustering(vectorRows(points), vectorRows([points[0]!]), { radius, iterations })
  return distance(centers.toVectors()[0]!, new Float64Array(dimension)) ** 2
}

function attackOf(name: (typeof blobAttacks)[number]): Attack {
  if (name === 'large gradient') return largeGradient()
  return name === 'edge' ? edgeOfBall({ radius: edgeRadius }) : duplicateCollusion()
}

export const radiusMetric = (radius: RadiusName): string => `blobs ${radius}`
export const sizeMetric = (at: number): string => `blobs size ${at}`
export const passMetric = (at: number): string => `blobs passes ${at}`
export const attackMetric = (radius: 'theory' | 'quantile 0.2', attack: string, at: number): string =>
  `blobs ${radius}, ${attack}, ${at}`
export const passesNeededMetric = (at: number): string => `passes needed ${at}`

/** Threshold clustering alone: mean squared errors over `repetitions` draws of a seed. */
export async function runBlobs(seed: number, { options, report }: FederatedContext): Promise<RunOutput> {
  const { repetitions, passes, clusterSizes, spreads } = options.blobs
  const key = randomKey(31).foldIn(seed)
  const draw = (name: string, size: number, repetition: number): Float64Array[] =>
    blobs({ clusters: 4, size, spread: 1, apart: separation, key: key.foldIn(name).foldIn(repetition) })
  const over = (f: (repetition: number) => number): number =>
    mean(Array.from({ length: repetitions }, (_, repetition) => f(repetition)))
  const metrics: Record<string, number> = {}
  const last = passes.at(-1)!

  for (const radius of radii)
    metrics[radiusMetric(radius)] = over((r) => squaredError(draw('points', 25, r), policy(radius), last))
  await report({ fraction: 0.2, message: `seed ${seed}, cluster sizes` })
  const bySize = clusterSizes.map((size) =>
    over((r) => squaredError(draw(`size ${size}`, size, r), policy('theory'), last)),
  )
  bySize.forEach((value, at) => (metrics[sizeMetric(at)] = value))
  metrics['slope over size'] = leastSquaresSlope(clusterSizes.map(Math.log), bySize.map(Math.log))
  await report({ fraction: 0.5, message: `seed ${seed}, passes` })
  for (const [at, count] of passes.entries())
    metrics[passMetric(at)] = over((r) => squaredError(draw('points', 25, r), policy('theory'), count))
  await report({ fraction: 0.6, message: `seed ${seed}, attackers` })
  for (const attack of blobAttacks)
    for (const [at, share] of shares.entries())
      for (const radius of ['theory', 'quantile 0.2'] as const)
        metrics[attackMetric(radius, attack, at)] = over((r) => {
          const honest = draw('points', 25, r)
          const attackers = Math.round((share * honest.length) / (1 - share))
          if (attackers === 0) return squaredError(honest, policy(radius), last)
          const forged = forgeVectors(attackOf(attack), honest, honest.slice(0, attackers), {
            key: key.foldIn('attack').foldIn(r),
            target: honest[0]!,
          })
          return squaredError([...honest, ...forged], policy(radius), last)
        })
  await report({ fraction: 0.8, message: `seed ${seed}, spreads` })
  // Figure 7 of the paper: ten clusters of nine points
  for (const [at, spread] of spreads.entries()) {
    const errors = passes.map((count) =>
      over((r) =>
        squaredError(
          blobs({
            clusters: 10,
            size: 9,
            // the paper's are of one coordinate
            spread: spread * Math.sqrt(dimension),
            apart: 20,
            key: key.foldIn(`spread ${spread}`).foldIn(r),
          }),
          quantileRadius({ quantile: 0.1 }),
          count,
        ),
      ),
    )
    const floor = Math.min(...errors)
    const start = spread * spread * dimension
    // the first number of passes that leaves a tenth of what there is to gain
    const enough = errors.findIndex((error) => error - floor <= 0.1 * Math.max(0, start - floor))
    metrics[passesNeededMetric(at)] = passes[enough === -1 ? passes.length - 1 : enough]!
  }
  return { metrics }
}
