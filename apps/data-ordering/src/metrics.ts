import type { MetricDefinition } from '@lemanic/eval'
import { presetSizes } from './preset-sizes.js'
import { type VectorProblemName, vectorProblemNames } from './vector-problem.js'

/** What is measured of a vector problem at a step size: log₁₀ of a mean of ‖∇f‖², or of σ²_τ. */
export const measures = ['iterates', 'ends', 'variance'] as const
export type Measure = (typeof measures)[number]

/** The name of a measure of a problem at its step size number `index`, from 0 (the largest). */
export function metricName(problem: VectorProblemName, measure: Measure, index: number): string {
  return `${problem} ${measure} ${index}`
}

const titles: Readonly<Record<VectorProblemName, string>> = {
  quadratic: 'Quadratic',
  counter: 'Counter-example',
  sigmoid: 'Sigmoid loss',
  logistic: 'Logistic, MNIST',
}

/** How a problem is called in figures. */
export function problemTitle(problem: VectorProblemName): string {
  return titles[problem]
}

/** Measures of single step sizes, on which the claims rest; the report shows them in figures, not in the table of arms. */
const details = Object.fromEntries(
  vectorProblemNames.flatMap((problem) => {
    const count = Math.max(...Object.values(presetSizes).map(({ vector }) => vector[problem].stepSizes.length))
    return measures.flatMap((measure) =>
      Array.from({ length: count }, (_, index): [string, MetricDefinition] => [
        metricName(problem, measure, index),
        {
          title: `${titles[problem]}, ${measure}, γ number ${index + 1}`,
          unit: 'log₁₀',
          better: 'lower',
          optional: true,
          detail: true,
        },
      ]),
    )
  }),
)

/** What every run returns, as far as it applies to its arm. Slopes are of log₁₀ error over log₁₀ γ. */
export const metrics: Readonly<Record<string, MetricDefinition>> = {
  'counter slope': {
    title: 'Counter-example: slope, all iterates',
    unit: '',
    better: 'neither',
    optional: true,
    digits: 2,
  },
  'quadratic slope': {
    title: 'Quadratic: slope, all iterates',
    unit: '',
    better: 'neither',
    optional: true,
    digits: 2,
  },
  'quadratic end slope': {
    title: 'Quadratic: slope, epoch ends',
    unit: '',
    better: 'neither',
    optional: true,
    digits: 2,
  },
  early: { title: 'First 2/(Lγ) steps, quadratic', unit: 'log₁₀ ‖∇f‖²', better: 'lower', optional: true, digits: 3 },
  tuned: { title: 'Tuned γ, all problems', unit: 'log₁₀ ‖∇f‖²', better: 'lower', optional: true, digits: 3 },
  'network large': { title: 'Network, larger γ', unit: 'log₁₀ ‖∇f‖²', better: 'lower', optional: true, digits: 3 },
  'network small': { title: 'Network, smallest γ', unit: 'log₁₀ ‖∇f‖²', better: 'lower', optional: true, digits: 3 },
  'network small ends': {
    title: 'the same, epoch ends',
    unit: 'log₁₀ ‖∇f‖²',
    better: 'lower',
    optional: true,
    digits: 3,
  },
  'network loss': { title: 'Training loss', unit: 'nats', better: 'lower', optional: true, digits: 4 },
  'test accuracy': { title: 'Test accuracy', unit: '%', better: 'higher', optional: true, digits: 1 },
  'network tuned loss': {
    title: 'Validation loss, γ tuned',
    unit: 'nats',
    better: 'lower',
    optional: true,
    digits: 3,
  },
  sharpness: { title: 'Sharpness, larger γ', unit: 'λ max', better: 'neither', optional: true, digits: 2 },
  ...details,
}
