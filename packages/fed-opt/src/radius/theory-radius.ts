import { checkNumber } from '../refuse.js'
import type { RadiusPolicy } from './radius-policy.js'

export interface TheoryRadiusOptions {
  /**
   * σ ≥ 0: how far a point lies from the mean of its cluster, ‖z − Ez‖ in the root mean square. Beside the noise of
   * gradients this holds what clients of one cluster differ by (A4 of the paper).
   */
  readonly deviation: number
  /** Δ > 0: the least distance between expectations of different clusters. */
  readonly separation: number
  /** δ, from 0 to 1: the share that the cluster has of all points. Default 1, which gives the geometric mean √(σΔ). */
  readonly share?: number
}

/**
 * τ = √(δ σ Δ), the radius of Theorem 1: Werner, He, Jordan, Jaggi, Karimireddy, "Provably Personalized and Robust
 * Federated Learning", 2023 (arXiv 2306.08393). With σ = 0 it is 0: then every client
 * stays alone, and Federated-Clustering is local training. That is right only where the gradients of a cluster are equal,
 * not merely free of noise.
 */
export function theoryRadius({ deviation, separation, share = 1 }: TheoryRadiusOptions): RadiusPolicy {
  checkNumber('theoryRadius', 'deviation', deviation, (x) => x >= 0, 'a number ≥ 0')
  checkNumber('theoryRadius', 'separation', separation, (x) => x > 0, 'a number above 0')
  checkNumber('theoryRadius', 'share', share, (x) => x > 0 && x <= 1, 'a number above 0 and at most 1')
  const radius = Math.sqrt(share * deviation * separation)
  return { name: 'theory', radius: () => radius }
}
