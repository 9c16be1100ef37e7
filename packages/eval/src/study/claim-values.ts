import type { ClaimTest } from './claim.js'
import { leastSquaresSlope } from '../statistics/linear-trend.js'

/** What a claim's test works on: one number a seed, its unit, and the value that it must pass. */
export interface TestPlan {
  /** The effect at one seed, from the metrics of the arms at that seed. */
  readonly valueOf: (metrics: Readonly<Record<string, Readonly<Record<string, number>>>>) => number
  readonly unit: string
  /** The effect must be below ('less') or above ('greater') this; absent for equivalence and identity. */
  readonly boundary?: number
  readonly margin: number
  readonly description: string
}

/** Reduces any claim to one number a seed. */
export function planTest(test: ClaimTest, unitOfMetric: (metric: string) => string): TestPlan {
  switch (test.kind) {
    case 'difference':
    case 'equivalence':
    case 'identity': {
      const relative = test.kind !== 'identity' && test.relative === true
      const unit = relative ? '%' : unitOfMetric(test.metric)
      const margin = test.kind === 'identity' ? (test.tolerance ?? 0) : (test.margin ?? 0)
      const valueOf: TestPlan['valueOf'] = (metrics) => {
        const own = metrics[test.arm]![test.metric]!
        const other = metrics[test.against]![test.metric]!
        return relative ? ((own - other) / Math.abs(other)) * 100 : own - other
      }
      const pair = `${test.arm} − ${test.against}, ${test.metric}${relative ? ', in percent' : ''}, paired by seed`
      if (test.kind === 'identity') {
        return { valueOf, unit, margin, description: `${pair}: equal to within ${shown(margin)} at every seed` }
      }
      if (test.kind === 'equivalence') {
        return { valueOf, unit, margin, description: `${pair}: two one-sided tests within ±${shown(margin)}` }
      }
      const boundary = test.direction === 'less' ? -margin : margin
      return {
        valueOf,
        unit,
        margin,
        boundary,
        description: `${pair}: ${side(test.direction)} ${shown(boundary)}`,
      }
    }
    case 'trend': {
      const margin = test.margin ?? 0
      const positions = test.positions ?? test.arms.map((_, index) => index)
      const boundary = test.direction === 'less' ? -margin : margin
      return {
        valueOf: (metrics) =>
          leastSquaresSlope(
            positions,
            test.arms.map((arm) => metrics[arm]![test.metric]!),
          ),
        unit: `${unitOfMetric(test.metric) || 'units'} per step`,
        margin,
        boundary,
        description: `slope of ${test.metric} along ${test.arms.join(', ')} at each seed: ${side(test.direction)} ${shown(boundary)}`,
      }
    }
    case 'threshold':
      return {
        valueOf: (metrics) => metrics[test.arm]![test.metric]!,
        unit: unitOfMetric(test.metric),
        margin: 0,
        boundary: test.value,
        description: `${test.metric} of ${test.arm}: ${side(test.direction)} ${shown(test.value)}`,
      }
    case 'contrast': {
      const margin = test.margin ?? 0
      const boundary = test.direction === 'less' ? -margin : margin
      return {
        valueOf: (metrics) => test.of(metrics),
        unit: test.unit,
        margin,
        boundary,
        description: `${test.description}, at each seed: ${side(test.direction)} ${shown(boundary)}`,
      }
    }
  }
}

function side(direction: 'less' | 'greater'): string {
  return direction === 'less' ? 'below' : 'above'
}

/** Four significant digits are enough to read; a computed margin has seventeen. Never "-0". */
function shown(value: number): number {
  return value === 0 ? 0 : Number(value.toPrecision(4))
}
