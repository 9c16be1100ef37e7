/** A ball that holds more points than a cluster can: strangers, or attackers, are inside. */
export interface BallDiagnostic {
  readonly iteration: number
  /** Which centre, from 0. */
  readonly center: number
  readonly inside: number
  /** What a cluster can hold: ⌈share · N⌉. */
  readonly capacity: number
  readonly message: string
}

/** Says so when the ball holds more points than the largest cluster; undefined while all is well. */
export function diagnoseBall(ball: {
  readonly inside: number
  readonly count: number
  readonly largestShare: number
  readonly iteration: number
  readonly center: number
}): BallDiagnostic | undefined {
  const { inside, count, largestShare, iteration, center } = ball
  const capacity = Math.ceil(largestShare * count - 1e-9)
  if (inside <= capacity) return undefined
  return {
    iteration,
    center,
    inside,
    capacity,
    message: `the ball around centre ${center} holds ${inside} of ${count} points in pass ${iteration}, a cluster at most ${capacity}: strangers or attackers are inside; lower the quantile or the radius`,
  }
}
