import type { Tensor } from '@lemanic/tensor-core'

export type TaskKind = 'binary' | 'multi-class' | 'multi-label' | 'regression' | 'survival'

/** What a model says of one sample, read on the host. */
export interface Estimate {
  /**
   * Binary: [probability of 1]. Multi-class: a probability for each class. Multi-label: one for each label. Regression:
   * [mean]. Survival: the probability of being event-free after each interval.
   */
  readonly values: readonly number[]
  /** What contributions are counted in: log-odds of each of `values` (survival: of an event by then); regression: the mean. */
  readonly scores: readonly number[]
  /**
   * How unsure the model is of the outcome: entropy in nats (of the outcome's distribution; mean over labels), or the
   * standard deviation of a regression that learns its noise (else 0).
   */
  readonly uncertainty: number
}

/** What is to be predicted, its loss, and how outputs are read. */
export interface Task {
  readonly kind: TaskKind
  /** Numbers that a decoder gives for one sample. */
  readonly outputs: number
  /** Numbers of the target of one sample. */
  readonly targetWidth: number
  /** Labels of one sample that may be known or not: as many as targets for multi-label tasks, else 1. */
  readonly labels: number
  /** Loss in nats (squared error without learned noise): outputs [B, outputs], target [B, targetWidth] → [B, labels]. */
  loss(outputs: Tensor, target: Tensor): Tensor
  /** Reads the outputs of one sample. */
  estimate(outputs: ArrayLike<number>): Estimate
  /** Refuses targets that the task cannot have; `where` names task and row. */
  checkTarget(target: ArrayLike<number>, where: string): void
}

export const sigmoidOf = (logit: number): number =>
  logit >= 0 ? 1 / (1 + Math.exp(-logit)) : Math.exp(logit) / (1 + Math.exp(logit))

/** Entropy in nats of a distribution. */
export const entropyOf = (probabilities: readonly number[]): number =>
  probabilities.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0)

/** log(p / (1 − p)), finite: p is kept 1e-12 away from 0 and 1. */
export const logOdds = (p: number): number => {
  const inside = Math.min(1 - 1e-12, Math.max(1e-12, p))
  return Math.log(inside / (1 - inside))
}
