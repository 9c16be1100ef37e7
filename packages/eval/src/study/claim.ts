// What a study may claim, and how each claim is tested. The verdict rule itself is in judge-claims.ts.

/** Where the effect of a claim must lie: below or above its boundary. */
export type Direction = 'less' | 'greater'

/** How the per-seed values are tested; 'sign-flip' and 'wilcoxon' need at least 6 seeds to reach p < 0.05. */
export type TestMethod = 't' | 'sign-flip' | 'wilcoxon'

/** `arm` is below (or above) `against` in `metric`, by more than `margin` (default 0), seed by seed. */
export interface DifferenceTest<Arm extends string = string, Metric extends string = string> {
  readonly kind: 'difference'
  readonly metric: Metric
  readonly arm: Arm
  readonly against: Arm
  readonly direction: Direction
  /** In the metric's unit, or in percent of `against` when `relative` is true. */
  readonly margin?: number
  /** Test the difference in percent of `against` at the same seed; default false. */
  readonly relative?: boolean
  readonly method?: TestMethod
  /** Name of the per-sequence samples that runs return, for a bootstrap over seeds and sequences beside the test. */
  readonly samples?: string
}

/** `arm` and `against` differ by less than `margin` in `metric`: two one-sided tests. */
export interface EquivalenceClaimTest<Arm extends string = string, Metric extends string = string> {
  readonly kind: 'equivalence'
  readonly metric: Metric
  readonly arm: Arm
  readonly against: Arm
  readonly margin: number
  readonly relative?: boolean
}

/** `metric` rises ('greater') or falls ('less') along `arms`: t test of the least-squares slope of each seed. */
export interface TrendTest<Arm extends string = string, Metric extends string = string> {
  readonly kind: 'trend'
  readonly metric: Metric
  /** At least three, in order. */
  readonly arms: readonly Arm[]
  /** Position of each arm on the axis (default 0, 1, 2, …); the slope is per unit of it. */
  readonly positions?: readonly number[]
  readonly direction: Direction
  readonly margin?: number
  readonly method?: TestMethod
}

/**
 * `metric` of one arm is below or above a fixed `value` (chance level, a bound from theory). With method 'exact' no chance
 * is involved (a budget that must never be exceeded): the claim holds when every seed keeps to the value, which may be
 * reached, and there is no p.
 */
export interface ThresholdTest<Arm extends string = string, Metric extends string = string> {
  readonly kind: 'threshold'
  readonly metric: Metric
  readonly arm: Arm
  readonly value: number
  readonly direction: Direction
  readonly method?: TestMethod | 'exact'
}

/** A number that `of` computes from the arms of one seed lies below or above 0: interactions, areas between curves. */
export interface ContrastTest<Arm extends string = string, Metric extends string = string> {
  readonly kind: 'contrast'
  readonly arms: readonly Arm[]
  /** What `of` computes, in words. */
  readonly description: string
  readonly unit: string
  readonly of: (metrics: Readonly<Record<Arm, Readonly<Record<Metric, number>>>>) => number
  readonly direction: Direction
  readonly margin?: number
  readonly method?: TestMethod
}

/** `arm` and `against` agree in `metric` at every seed, to within `tolerance` (default 0: exactly). */
export interface IdentityTest<Arm extends string = string, Metric extends string = string> {
  readonly kind: 'identity'
  readonly metric: Metric
  readonly arm: Arm
  readonly against: Arm
  readonly tolerance?: number
}

export type ClaimTest<Arm extends string = string, Metric extends string = string> =
  | DifferenceTest<Arm, Metric>
  | EquivalenceClaimTest<Arm, Metric>
  | TrendTest<Arm, Metric>
  | ThresholdTest<Arm, Metric>
  | ContrastTest<Arm, Metric>
  | IdentityTest<Arm, Metric>

/** One statement of the paper, fixed before the study runs. */
export interface Claim<Arm extends string = string, Metric extends string = string> {
  /** Short and stable, for example `A` or `looped-beats-standard`. */
  readonly id: string
  readonly statement: string
  /** What the paper says, quoted or in other words, and the table or figure that it rests on. */
  readonly source: { readonly sentence: string; readonly place: string }
  /** The paper's own effect, as printed, to stand beside ours. */
  readonly paperEffect?: string
  readonly test: ClaimTest<Arm, Metric>
  /** Level after Holm's correction over all claims of the study; default 0.05. */
  readonly alpha?: number
  /** With fewer complete pairs the verdict is `inconclusive`; default 5 ('sign-flip', 'wilcoxon': 6; identity and 'exact': 1). */
  readonly minimumSeeds?: number
}

/** The arms that a test needs at each seed. */
export function armsOfTest<Arm extends string>(test: ClaimTest<Arm>): readonly Arm[] {
  if (test.kind === 'trend' || test.kind === 'contrast') return test.arms
  if (test.kind === 'threshold') return [test.arm]
  return [test.arm, test.against]
}
