/**
 * Area under the ROC curve: the probability that a positive scores above a negative, ties counting half (Mann-Whitney).
 * NaN where a class is missing. Non-finite scores are not expected.
 */
export function auroc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const order = Array.from({ length: scores.length }, (_, at) => at).sort((a, b) => scores[a] - scores[b])
  let [rankSum, positives] = [0, 0]
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to < order.length && scores[order[to]] === scores[order[from]]) to += 1
    const rank = (from + 1 + to) / 2 // the mean of ranks from + 1 … to
    for (let at = from; at < to; at++) {
      if (labels[order[at]] !== 1) continue
      rankSum += rank
      positives += 1
    }
    from = to
  }
  const negatives = order.length - positives
  if (positives === 0 || negatives === 0) return NaN
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
}

/** Mean precision over the positives, ranked by score; tied scores come at once. NaN without positives. */
export function averagePrecision(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const order = Array.from({ length: scores.length }, (_, at) => at).sort((a, b) => scores[b] - scores[a])
  let [hits, sum] = [0, 0]
  for (let from = 0; from < order.length; ) {
    let to = from
    let own = 0
    while (to < order.length && scores[order[to]] === scores[order[from]]) own += labels[order[to++]] === 1 ? 1 : 0
    hits += own
    sum += own * (hits / to)
    from = to
  }
  return hits === 0 ? NaN : sum / hits
}

/** What a threshold of ½ makes of probabilities. NaN where a class is missing. */
export interface ThresholdScores {
  readonly accuracy: number
  /** Share of the positives that are found. */
  readonly sensitivity: number
  /** Share of the negatives that are left alone. */
  readonly specificity: number
  /** Mean of the two. */
  readonly balancedAccuracy: number
  /** Macro-averaged over both classes. */
  readonly f1: number
}

export function thresholdScores(probabilities: ArrayLike<number>, labels: ArrayLike<number>): ThresholdScores {
  let [tp, tn, fp, fn] = [0, 0, 0, 0]
  for (let at = 0; at < labels.length; at++) {
    const says = probabilities[at] >= 0.5
    if (labels[at] === 1 && says) tp += 1
    else if (labels[at] === 1) fn += 1
    else if (says) fp += 1
    else tn += 1
  }
  const f1Of = (hit: number, wrong: number): number => (2 * hit) / (2 * hit + wrong)
  const [sensitivity, specificity] = [tp / (tp + fn), tn / (tn + fp)]
  return {
    accuracy: (tp + tn) / labels.length,
    sensitivity,
    specificity,
    balancedAccuracy: (sensitivity + specificity) / 2,
    f1: (f1Of(tp, fp + fn) + f1Of(tn, fp + fn)) / 2,
  }
}

/** Mean squared difference of probability and label. */
export function brierScore(probabilities: ArrayLike<number>, labels: ArrayLike<number>): number {
  let sum = 0
  for (let at = 0; at < labels.length; at++) sum += (probabilities[at] - labels[at]) ** 2
  return sum / labels.length
}

/** Mean −log probability of the label, nats; probabilities are kept 1e-7 away from 0 and 1. */
export function logLoss(probabilities: ArrayLike<number>, labels: ArrayLike<number>): number {
  let sum = 0
  for (let at = 0; at < labels.length; at++) {
    const p = Math.min(1 - 1e-7, Math.max(1e-7, probabilities[at]))
    sum -= Math.log(labels[at] === 1 ? p : 1 - p)
  }
  return sum / labels.length
}
