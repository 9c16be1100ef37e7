// The verdict rule.
//
// Every claim is reduced to one number a seed (claim-values.ts) and tested twice: for what it says, giving `p`, and
// for the opposite, giving `opposite.p`.
//   directional (difference, trend, threshold, contrast; effect e, boundary b):
//     p = two-sided p where e lies on the claim's side of b, else 1;  opposite.p = the same for the other side.
//     In formulas: p = min(1, 2 × one-sided p). So an uncorrected p below 0.05 says that the 95 % interval excludes b.
//   equivalence (margin m):  p = TOST p;  opposite.p = p of "outside ±m" (two one-sided tests, Bonferroni).
// Holm's correction runs over all testable claims of the study, once over the p and once over the opposite p.
//   supported      corrected p < alpha
//   contradicted   corrected opposite p < alpha
//   inconclusive   neither; or the preset gives no verdicts, an arm or a run is missing, there are fewer seeds than
//                  the claim asks for, or the values have no spread that a t test could use: `reason` says which.
//   exact          (identity, and a threshold with that method) no chance involved, so no p: supported when every seed
//                  agrees to within the tolerance, or keeps to the value; else contradicted.

import { hierarchicalBootstrap } from '../statistics/bootstrap.js'
import { mean } from '../statistics/descriptive.js'
import { pairedEquivalenceTest } from '../statistics/equivalence-test.js'
import { holm } from '../statistics/multiple-comparisons.js'
import { pairedTTest } from '../statistics/paired-t-test.js'
import { signFlipTest } from '../statistics/sign-flip-test.js'
import { wilcoxonSignedRank } from '../statistics/wilcoxon-signed-rank.js'
import { armsOfTest, type Claim } from './claim.js'
import { planTest, type TestPlan } from './claim-values.js'
import type { ClaimResult } from './results.js'

/** The evidence that claims are judged on. */
export interface Evidence {
  readonly preset: string
  /** False where the preset is too small to judge by. */
  readonly verdicts: boolean
  readonly seeds: readonly number[]
  /** How many of the seeds an arm takes, where not all. */
  readonly armSeeds?: Readonly<Partial<Record<string, number>>>
  /** Arms that this preset runs. */
  readonly arms: readonly string[]
  /** Why an arm that the preset has was left out, by arm. */
  readonly dropped?: Readonly<Record<string, string>>
  readonly runs: readonly {
    readonly arm: string
    readonly seed: number
    readonly metrics: Readonly<Record<string, number>>
    readonly samples?: Readonly<Record<string, readonly number[]>>
  }[]
  readonly unitOfMetric: (metric: string) => string
}

interface Tested {
  readonly claim: Claim
  readonly plan: TestPlan
  readonly values: ClaimResult['values']
  readonly effect: ClaimResult['effect']
  readonly p: number | null
  readonly oppositeP: number | null
  /** Why no verdict may be given, whatever the test says. */
  readonly obstacle?: string
}

/** Tests every claim of a study and gives each its verdict; the rule is at the head of this file. */
export function judgeClaims(claims: readonly Claim[], evidence: Evidence): ClaimResult[] {
  const tested = claims.map((claim) => testClaim(claim, evidence))
  const corrected = correct(tested.map((item) => item.p))
  const oppositeCorrected = correct(tested.map((item) => item.oppositeP))
  return tested.map((item, index) => {
    const { claim, plan } = item
    const { test } = claim
    const alpha = claim.alpha ?? 0.05
    const pCorrected = corrected[index]!
    const opposite = item.oppositeP === null ? null : { p: item.oppositeP, pCorrected: oppositeCorrected[index]! }
    return {
      id: claim.id,
      statement: claim.statement,
      source: { ...claim.source },
      ...(claim.paperEffect === undefined ? {} : { paperEffect: claim.paperEffect }),
      test: {
        kind: test.kind,
        method: methodName(claim),
        description: plan.description,
        ...('metric' in test ? { metric: test.metric } : {}),
        arms: [...armsOfTest(test)],
        ...('direction' in test ? { direction: test.direction } : {}),
        ...(plan.boundary === undefined ? {} : { boundary: plan.boundary === 0 ? 0 : plan.boundary }),
        margin: plan.margin,
      },
      alpha,
      minimumSeeds: minimumSeeds(claim),
      n: item.values.length,
      effect: item.effect,
      values: item.values,
      p: item.p,
      pCorrected,
      opposite,
      ...decide(item, alpha, pCorrected, opposite?.pCorrected ?? null),
    }
  })
}

function testClaim(claim: Claim, evidence: Evidence): Tested {
  const { test } = claim
  const plan = planTest(test, evidence.unitOfMetric)
  const arms = armsOfTest(test)
  const byArm = new Map(evidence.runs.map((run) => [`${run.arm} ${run.seed}`, run]))
  const complete = seedsOfClaim(claim, evidence).filter((seed) => arms.every((arm) => byArm.has(`${arm} ${seed}`)))
  const values = complete.map((seed) => ({
    seed,
    value: plan.valueOf(Object.fromEntries(arms.map((arm) => [arm, byArm.get(`${arm} ${seed}`)!.metrics]))),
  }))
  const numbers = values.map((item) => item.value)
  const zeros = numbers.map(() => 0)
  const obstacle = findObstacle(claim, evidence, numbers)
  const none = { claim, plan, values, effect: null, p: null, oppositeP: null }
  if (numbers.some((value) => !Number.isFinite(value))) {
    return { ...none, values: [], obstacle: 'the effect is not a finite number at every seed' }
  }
  if (numbers.length < 2) {
    const only = methodName(claim) === 'exact' && numbers.length === 1
    const value = numbers[0] ?? 0
    return {
      ...none,
      effect: only
        ? {
            value,
            unit: plan.unit,
            ci95: [value, value],
            ci90: [value, value],
            standardized: null,
            minimumDetectable: 0,
          }
        : null,
      ...(obstacle === undefined ? {} : { obstacle }),
    }
  }
  const t = pairedTTest(numbers, zeros, { difference: plan.boundary ?? 0 })
  const narrow = pairedTTest(numbers, zeros, { confidence: 0.9 })
  const samples = test.kind === 'difference' && test.samples !== undefined ? test.samples : undefined
  const groups =
    samples === undefined ? [] : complete.map((seed) => sampleDifferences(byArm, test as never, samples, seed))
  const bootstrapped =
    samples !== undefined && groups.every((group) => group.length > 0)
      ? hierarchicalBootstrap(groups, { seed: 20_250_101, resamples: 2000 }).confidenceInterval
      : undefined
  const effect: ClaimResult['effect'] = {
    value: t.meanDifference,
    unit: plan.unit,
    ci95: [...t.confidenceInterval],
    ci90: [...narrow.confidenceInterval],
    standardized: Number.isFinite(t.effectSize) ? t.effectSize : null,
    minimumDetectable: t.minimumDetectableEffect,
    ...(bootstrapped === undefined ? {} : { bootstrapCi95: [...bootstrapped] as [number, number] }),
  }
  const shared = { claim, plan, values, effect, ...(obstacle === undefined ? {} : { obstacle }) }
  if (test.kind === 'identity' || methodName(claim) === 'exact') return { ...shared, p: null, oppositeP: null }
  if (test.kind === 'equivalence') {
    const result = pairedEquivalenceTest(numbers, zeros, { margin: test.margin })
    return { ...shared, p: result.p, oppositeP: result.pBeyond }
  }
  const { less, greater } = oneSided(claim, numbers, plan.boundary ?? 0)
  const own = test.direction === 'less' ? less : greater
  const other = test.direction === 'less' ? greater : less
  return { ...shared, p: Math.min(1, 2 * own), oppositeP: Math.min(1, 2 * other) }
}

function oneSided(claim: Claim, numbers: readonly number[], boundary: number): { less: number; greater: number } {
  const boundaries = numbers.map(() => boundary)
  const method = methodName(claim)
  const p = (alternative: 'less' | 'greater') => {
    if (method === 'sign-flip') return signFlipTest(numbers, boundaries, { alternative, seed: 20_250_101 }).p
    if (method === 'wilcoxon') return wilcoxonSignedRank(numbers, boundaries, { alternative }).p
    return pairedTTest(numbers, boundaries, { alternative }).p
  }
  return { less: p('less'), greater: p('greater') }
}

/** The seeds that every arm of a claim takes. */
function seedsOfClaim(claim: Claim, { seeds, armSeeds = {} }: Evidence): readonly number[] {
  const counts = armsOfTest(claim.test).map((arm) => armSeeds[arm] ?? seeds.length)
  return seeds.slice(0, Math.min(...counts))
}

function findObstacle(claim: Claim, evidence: Evidence, numbers: readonly number[]): string | undefined {
  const arms = armsOfTest(claim.test)
  const absent = arms.filter((arm) => !evidence.arms.includes(arm))
  if (!evidence.verdicts) return `preset ${evidence.preset} is for tests`
  const dropped = arms.find((arm) => evidence.dropped?.[arm] !== undefined)
  if (dropped !== undefined) return `arm ${dropped} was not run: ${evidence.dropped![dropped]}`
  if (absent.length > 0) return `preset ${evidence.preset} does not run ${absent.join(', ')}`
  const wanted = seedsOfClaim(claim, evidence).length
  const missing = wanted - numbers.length
  if (missing > 0) return `${missing} of ${wanted} seeds are incomplete, and a verdict needs all of them`
  const minimum = minimumSeeds(claim)
  if (numbers.length < minimum) return `too few seeds: ${numbers.length} of at least ${minimum}`
  const constant = numbers.length > 1 && numbers.every((value) => value === numbers[0])
  if (constant && claim.test.kind !== 'identity' && methodName(claim) === 't' && numbers[0] !== 0) {
    return `the effect is exactly ${numbers[0]} at every seed, so a t test has no spread to judge by`
  }
  return undefined
}

function decide(
  item: Tested,
  alpha: number,
  pCorrected: number | null,
  oppositeCorrected: number | null,
): { verdict: ClaimResult['verdict']; reason: string } {
  if (item.obstacle !== undefined) return { verdict: 'inconclusive', reason: item.obstacle }
  if (item.claim.test.kind === 'identity') {
    const tolerance = item.claim.test.tolerance ?? 0
    const worst = item.values.reduce((largest, { value }) => Math.max(largest, Math.abs(value)), 0)
    return worst <= tolerance
      ? { verdict: 'supported', reason: `all ${item.values.length} seeds agree to within ${tolerance}` }
      : { verdict: 'contradicted', reason: `the largest disagreement is ${worst}, above the tolerance ${tolerance}` }
  }
  if (item.claim.test.kind === 'threshold' && item.claim.test.method === 'exact') {
    const { value: bound, direction } = item.claim.test
    const outside = item.values.filter(({ value }) => (direction === 'less' ? value > bound : value < bound))
    return outside.length === 0
      ? { verdict: 'supported', reason: `all ${item.values.length} seeds keep to ${bound}` }
      : { verdict: 'contradicted', reason: `${outside.length} of ${item.values.length} seeds do not keep to ${bound}` }
  }
  if (pCorrected !== null && pCorrected < alpha) {
    return { verdict: 'supported', reason: `the test of the claim gives a Holm-corrected p below ${alpha}` }
  }
  if (oppositeCorrected !== null && oppositeCorrected < alpha) {
    return { verdict: 'contradicted', reason: `the test of the opposite gives a Holm-corrected p below ${alpha}` }
  }
  return {
    verdict: 'inconclusive',
    reason: `neither the claim nor its opposite reaches a Holm-corrected p below ${alpha}`,
  }
}

function correct(pValues: readonly (number | null)[]): (number | null)[] {
  const corrected = holm(pValues.filter((value): value is number => value !== null))
  let next = 0
  return pValues.map((value) => (value === null ? null : corrected[next++]!))
}

function methodName(claim: Claim): string {
  const { test } = claim
  if (test.kind === 'identity') return 'exact'
  if (test.kind === 'equivalence') return 'tost'
  return test.method ?? 't'
}

function minimumSeeds(claim: Claim): number {
  if (claim.minimumSeeds !== undefined) return claim.minimumSeeds
  const method = methodName(claim)
  return method === 'exact' ? 1 : method === 'sign-flip' || method === 'wilcoxon' ? 6 : 5
}

function sampleDifferences(
  byArm: ReadonlyMap<string, Evidence['runs'][number]>,
  test: { arm: string; against: string; relative?: boolean },
  samples: string,
  seed: number,
): number[] {
  const own = byArm.get(`${test.arm} ${seed}`)!.samples?.[samples] ?? []
  const other = byArm.get(`${test.against} ${seed}`)!.samples?.[samples] ?? []
  if (own.length !== other.length || own.length === 0) return []
  const scale = test.relative === true ? 100 / Math.abs(mean(other)) : 1
  return own.map((value, index) => (value - other[index]!) * scale)
}
