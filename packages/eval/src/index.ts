// @lemanic/eval: statistics, studies and claims. Nothing here touches files, processes or the screen;
// running studies is `@lemanic/eval/node`, reports are `@lemanic/eval/report`.
export { EvalError, type EvalErrorCode } from './errors.js'

export {
  bcaInterval,
  bootstrap,
  type BootstrapInterval,
  type BootstrapOptions,
  hierarchicalBootstrap,
  pairedBootstrap,
} from './statistics/bootstrap.js'
export { binomialCdf, binomialUpperTail } from './statistics/binomial.js'
export { chiSquaredCdf, chiSquaredQuantile, chiSquaredUpperTail } from './statistics/chi-squared.js'
export { mean, median, quantile, standardDeviation, standardError, variance } from './statistics/descriptive.js'
export { type EquivalenceTest, pairedEquivalenceTest } from './statistics/equivalence-test.js'
export { fCdf, fQuantile, fUpperTail } from './statistics/f-distribution.js'
export { leastSquaresSlope, linearTrend } from './statistics/linear-trend.js'
export { mannKendall, type MannKendall } from './statistics/mann-kendall.js'
export { mcnemar } from './statistics/mcnemar.js'
export { benjaminiHochberg, holm } from './statistics/multiple-comparisons.js'
export { normalCdf, normalQuantile } from './statistics/normal.js'
export { pageTrend } from './statistics/page-trend.js'
export { type PairedTTest, pairedTTest } from './statistics/paired-t-test.js'
export { permutationTest } from './statistics/permutation-test.js'
export { minimumDetectableEffect, pairedTTestPower } from './statistics/power.js'
export type { Alternative } from './statistics/sample-check.js'
export { type RandomSource, seededRandom } from './statistics/seeded-random.js'
export { signFlipTest, type SignFlipTest } from './statistics/sign-flip-test.js'
export { signTest } from './statistics/sign-test.js'
export { studentTCdf, studentTQuantile, studentTUpperTail } from './statistics/student-t.js'
export { type WelchTTest, welchTTest } from './statistics/welch-t-test.js'
export { wilcoxonSignedRank, type WilcoxonSignedRank } from './statistics/wilcoxon-signed-rank.js'
export { wilsonInterval } from './statistics/wilson-interval.js'

export type {
  Figure,
  HeatmapFigure,
  LineFigure,
  PairedFigure,
  PointsFigure,
  TableFigure,
  TrajectoriesFigure,
} from './figures/figure.js'
export { curveFigure, metricFigure } from './figures/from-runs.js'

export type {
  Claim,
  ClaimTest,
  ContrastTest,
  DifferenceTest,
  Direction,
  EquivalenceClaimTest,
  IdentityTest,
  TestMethod,
  ThresholdTest,
  TrendTest,
} from './study/claim.js'
export { collectResults, type RecordedRun } from './study/collect-results.js'
export {
  type AnyStudy,
  type ArmDefinition,
  defineStudy,
  type FinishedRun,
  type MetricDefinition,
  type Preset,
  type PresetName,
  type RunContext,
  type RunOutput,
  type RunProgress,
  type Study,
  type StudyDefinition,
} from './study/define-study.js'
export { type Evidence, judgeClaims } from './study/judge-claims.js'
export {
  type ClaimResult,
  type DataSet,
  type Environment,
  type Paper,
  type PaperFigure,
  parseResults,
  type Results,
  resultsJsonSchema,
  type Verdict,
} from './study/results.js'
