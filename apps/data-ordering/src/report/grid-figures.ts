import type { LineFigure } from '@lemanic/eval'
import { mean } from '@lemanic/eval'
import { orderTitles } from '../arms.js'
import { problemTitle } from '../metrics.js'
import type { Sizes } from '../options.js'
import { noiseTerm, sortedError, withReplacementError } from '../theory.js'
import { type VectorProblemName, vectorProblemNames } from '../vector-problem.js'
import { armsPresent, meanWithInterval, problemSeeds, type Run } from './samples.js'

const captions: Readonly<Record<VectorProblemName, string>> = {
  quadratic:
    'Geometric means over problem seeds. At large steps the orders meet; the smaller the step, the wider they part.',
  counter:
    'Dashes of theory: γ/(2 − γ) for draws, the closed form for sorted data. Sorted data are worse than draws until γ falls below 24/n².',
  sigmoid: 'Not convex. Orders meet at γ = 1 and part below; sorted by label is no worse than a random order here.',
  logistic: 'Even or odd digit, from 7 × 7 pixels; every problem seed is its own sample of MNIST.',
}

/** Error over step size for every order: each problem, over all iterates and at epoch ends. */
export function gridFigures(runs: readonly Run[], sizes: Sizes): LineFigure[] {
  return vectorProblemNames.flatMap((problem) =>
    (['iterates', 'ends'] as const).flatMap((sample): LineFigure[] => {
      const series = armsPresent(runs).flatMap((arm) => {
        const points = sizes.vector[problem].stepSizes.map((stepSize, index) => {
          const values = [...problemSeeds(runs, arm, problem, sample, index, sizes).values()]
          const { mean: center, interval } = meanWithInterval(values)
          return { x: stepSize, y: 10 ** center, low: 10 ** interval[0], high: 10 ** interval[1] }
        })
        return [{ name: orderTitles[arm], points: points.reverse() }]
      })
      if (series.length === 0) return []
      const exact = problem === 'counter' && sample === 'iterates' ? theorySeries(sizes) : []
      return [
        {
          kind: 'line',
          id: `${problem}-${sample}`,
          title: `${problemTitle(problem)}: error over step size, ${sample === 'iterates' ? 'all iterates' : 'epoch ends'}`,
          caption:
            sample === 'iterates'
              ? captions[problem]
              : 'The same runs, measured at the ends of epochs only: fixed orders keep their bias there, fresh ones average it out, so the ranking can turn round.',
          x: { label: 'Step size γ', scale: 'log' },
          y: {
            label: 'Mean ‖∇f‖²',
            scale: 'log',
            // Pair balance reaches rounding errors there, and would squeeze all others together.
            ...(problem === 'counter' && sample === 'ends' ? { domain: [1e-12, 2] as [number, number] } : {}),
          },
          band: 'bootstrap 95 % interval over problem seeds',
          series: [...series, ...exact],
        },
      ]
    }),
  )
}

function theorySeries({ vector }: Sizes): LineFigure['series'] {
  const { size, stepSizes } = vector.counter
  const steps = [...stepSizes].reverse()
  return [
    { name: 'Theory, draws', points: steps.map((x) => ({ x, y: withReplacementError(x) })) },
    { name: 'Theory, sorted', points: steps.map((x) => ({ x, y: sortedError(x, size) })) },
  ]
}

/** Error over the noise term L²γ²σ²_τ: one point an order and step size, which theory puts on one line. */
export function noiseFigures(runs: readonly Run[], sizes: Sizes): LineFigure[] {
  return vectorProblemNames.flatMap((problem): LineFigure[] => {
    const smoothness = mean(
      runs.flatMap((run) => run.samples?.[`${problem} smoothness`] ?? []).concat(runs.length === 0 ? [1] : []),
    )
    const series = armsPresent(runs).map((arm) => ({
      name: orderTitles[arm],
      points: sizes.vector[problem].stepSizes
        .map((stepSize, index) => {
          const at = (sample: 'variance' | 'iterates') =>
            mean([...problemSeeds(runs, arm, problem, sample, index, sizes).values()])
          return { x: noiseTerm(smoothness, stepSize, 10 ** at('variance')), y: 10 ** at('iterates') }
        })
        .sort((left, right) => left.x - right.x),
    }))
    if (series.length === 0) return []
    return [
      {
        kind: 'line',
        id: `${problem}-noise`,
        title: `${problemTitle(problem)}: error over L²γ²σ²_τ`,
        caption:
          'Each dot is one order at one step size. σ²_τ is measured along the second half of the run at a frozen point, with τ = 1/(Lγ). Theory bounds the error by a constant times this term: one line of slope 1 for all orders.',
        x: { label: 'L²γ²σ²_τ, measured', scale: 'log' },
        y: { label: 'Mean ‖∇f‖², all iterates', scale: 'log' },
        series,
      },
    ]
  })
}
