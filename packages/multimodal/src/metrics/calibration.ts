/** One bin of a reliability diagram. */
export interface CalibrationBin {
  readonly count: number
  /** Mean probability. */
  readonly predicted: number
  /** Share of positives. */
  readonly observed: number
}

export interface Calibration {
  readonly bins: readonly CalibrationBin[]
  /** Expected calibration error: |predicted − observed|, weighted by the bins' counts. */
  readonly error: number
  /** Mean probability less share of positives: above 0 where the model is too sure of the event. */
  readonly bias: number
}

/**
 * How far probabilities are from frequencies, in bins of equal width (Naeini et al. 2015). NaN without rows.
 *
 * @param options.bins Default 10.
 */
export function calibration(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  { bins: count = 10 }: { readonly bins?: number } = {},
): Calibration {
  const sums = Array.from({ length: count }, () => ({ count: 0, predicted: 0, observed: 0 }))
  for (let at = 0; at < labels.length; at++) {
    const bin = sums[Math.min(count - 1, Math.max(0, Math.floor(probabilities[at] * count)))]
    bin.count += 1
    bin.predicted += probabilities[at]
    bin.observed += labels[at]
  }
  const filled = sums.filter((bin) => bin.count > 0)
  const total = labels.length
  return {
    bins: filled.map(({ count: size, predicted, observed }) => ({
      count: size,
      predicted: predicted / size,
      observed: observed / size,
    })),
    error:
      filled.length === 0 ? NaN : filled.reduce((sum, bin) => sum + Math.abs(bin.predicted - bin.observed), 0) / total,
    bias: filled.reduce((sum, bin) => sum + bin.predicted - bin.observed, 0) / total,
  }
}
