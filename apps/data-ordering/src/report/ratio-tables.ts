import { type Figure, holm, linearTrend, mean, type PairedFigure, signTest, type TableFigure } from '@lemanic/eval'
import { orderTitles, type VectorArm } from '../arms.js'
import { crossing } from '../claims.js'
import { problemTitle } from '../metrics.js'
import type { Sizes } from '../options.js'
import { reshufflingError, singleShuffleError, sortedCrossover } from '../theory.js'
import { type VectorProblemName, vectorProblemNames } from '../vector-problem.js'
import { armsPresent, meanWithInterval, pairedDifferences, problemSeeds, type Run, type SampleName } from './samples.js'

/** Single shuffle and random reshuffling against SGD on every problem at every step size. */
export function ratioTable(runs: readonly Run[], sizes: Sizes): TableFigure[] {
  const cells = vectorProblemNames.flatMap((problem) =>
    sizes.vector[problem].stepSizes.flatMap((stepSize, index) =>
      (['ss', 'rr', 'ig'] as const).flatMap((arm) => {
        const values = pairedDifferences(
          problemSeeds(runs, arm, problem, 'iterates', index, sizes),
          problemSeeds(runs, 'sgd', problem, 'iterates', index, sizes),
        )
        if (values.length === 0) return []
        const zeros = values.map(() => 0)
        return [{ problem, stepSize, arm, ...meanWithInterval(values), n: values.length, p: signTest(values, zeros).p }]
      }),
    ),
  )
  if (cells.length === 0) return []
  const corrected = holm(cells.map(({ p }) => p))
  return [
    {
      kind: 'table',
      id: 'ratios',
      title: 'Errors as multiples of SGD’s, at equal step size',
      caption:
        'Geometric mean over problem seeds of error / error of SGD, all iterates, with a bootstrap 95 % interval; the sign test of each is Holm-corrected over the table. Equal numbers of gradients throughout. Below 1 the order is better than drawing with replacement.',
      columns: [
        { title: 'Problem' },
        { title: 'γ' },
        { title: 'Order' },
        { title: 'Error / SGD’s', digits: 4 },
        { title: '95 % interval' },
        { title: 'Problem seeds', digits: 0 },
        { title: 'p, sign test (Holm)' },
      ],
      rows: cells.map(({ problem, stepSize, arm, mean: center, interval, n }, at) => [
        problemTitle(problem),
        String(stepSize),
        orderTitles[arm],
        10 ** center,
        `${short(10 ** interval[0])} to ${short(10 ** interval[1])}`,
        n,
        corrected[at]! < 0.001 ? '< 0.001' : corrected[at]!.toFixed(3),
      ]),
    },
  ]
}

const short = (value: number): string => (value < 0.001 ? value.toExponential(1) : value.toPrecision(3))

/** Theory's slopes for the two measures. */
const expected: Readonly<Partial<Record<VectorArm, readonly [iterates: number, ends: number]>>> = {
  sgd: [1, 1],
  ig: [2, 2],
  ss: [2, 2],
  rr: [2, 3],
  'flip-flop': [2, 4],
}

/** Fitted log–log slopes at small steps with their intervals, beside theory's. */
export function slopeTable(runs: readonly Run[], sizes: Sizes): TableFigure[] {
  const rows = (['counter', 'quadratic', 'sigmoid', 'logistic'] as const).flatMap((problem) =>
    armsPresent(runs).flatMap((arm) => {
      const fits = (['iterates', 'ends'] as const).map((sample) => fitSlope(runs, arm, problem, sample, sizes))
      const theory = expected[arm]
      return [
        [
          problemTitle(problem),
          orderTitles[arm],
          fits[0]!.slope,
          fits[0]!.interval,
          theory === undefined ? '–' : String(theory[0]),
          fits[1]!.slope,
          fits[1]!.interval,
          theory === undefined ? '–' : String(theory[1]),
        ],
      ]
    }),
  )
  if (rows.length === 0) return []
  return [
    {
      kind: 'table',
      id: 'slopes',
      title: 'Slopes at small steps',
      caption:
        'log₁₀ error over log₁₀ γ, least squares over the three smallest step sizes and all problem seeds. Theory’s slopes hold for γ ≤ 1/(5nL): that is where the counter-example and the quadratic are; the sigmoid and logistic grids end above it, so smaller slopes are no surprise there.',
      columns: [
        { title: 'Problem' },
        { title: 'Order' },
        { title: 'All iterates', digits: 2 },
        { title: '95 % interval' },
        { title: 'Theory' },
        { title: 'Epoch ends', digits: 2 },
        { title: '95 % interval' },
        { title: 'Theory' },
      ],
      rows,
    },
  ]
}

function fitSlope(
  runs: readonly Run[],
  arm: VectorArm,
  problem: VectorProblemName,
  sample: SampleName,
  sizes: Sizes,
): { slope: number | null; interval: string } {
  const { stepSizes } = sizes.vector[problem]
  const points = stepSizes.flatMap((stepSize, index) =>
    index < stepSizes.length - 3
      ? []
      : [...problemSeeds(runs, arm, problem, sample, index, sizes).values()].map((value) => [
          Math.log10(stepSize),
          value,
        ]),
  )
  if (points.length < 4) return { slope: null, interval: '–' }
  const { slope, confidenceInterval } = linearTrend(
    points.map(([x]) => x!),
    points.map(([, y]) => y!),
  )
  return { slope, interval: `${confidenceInterval[0].toFixed(2)} to ${confidenceInterval[1].toFixed(2)}` }
}

/** Where orders cross or part, measured and predicted. */
export function crossoverTable(runs: readonly Run[], sizes: Sizes): TableFigure[] {
  const { size, stepSizes } = sizes.vector.counter
  const lead = (arm: VectorArm, problem: VectorProblemName, factor: number) =>
    sizes.vector[problem].stepSizes.map((_, index) => {
      const values = pairedDifferences(
        problemSeeds(runs, arm, problem, 'iterates', index, sizes),
        problemSeeds(runs, 'sgd', problem, 'iterates', index, sizes),
      )
      return values.length === 0 ? NaN : mean(values) + Math.log10(factor)
    })
  if (!armsPresent(runs).includes('ig') || !armsPresent(runs).includes('sgd')) return []
  const cell = (value: number) => (Number.isFinite(value) ? value.toExponential(1) : 'not on the grid')
  const small = stepSizes.filter((value) => value * size <= 0.2)
  const at = (arm: VectorArm, stepSize: number) =>
    mean([...problemSeeds(runs, arm, 'counter', 'iterates', stepSizes.indexOf(stepSize), sizes).values()])
  const level = (arm: VectorArm, theory: (stepSize: number) => number) =>
    small.length === 0 ? NaN : 10 ** mean(small.map((stepSize) => at(arm, stepSize) - Math.log10(theory(stepSize))))
  const halves = vectorProblemNames.map((problem) => {
    const smoothness = mean(runs.flatMap((run) => run.samples?.[`${problem} smoothness`] ?? []))
    const predicted = 1 / (smoothness * sizes.vector[problem].size)
    return [
      `${problemTitle(problem)}: single shuffle at half of SGD’s error`,
      cell(crossing(sizes.vector[problem].stepSizes, lead('ss', problem, 2))),
      `order of 1/(Ln) = ${predicted.toExponential(1)}`,
    ]
  })
  return [
    {
      kind: 'table',
      id: 'crossovers',
      title: 'Crossovers and constants',
      caption:
        'Step sizes by interpolation of mean log errors. The last two rows compare errors on the counter-example for γ ≤ 1/(5n) with the closed forms γ²n/12 and γ²n/6; a factor of 1 is exact agreement.',
      columns: [{ title: 'Quantity' }, { title: 'Measured' }, { title: 'Theory' }],
      rows: [
        [
          'Counter-example: sorted data and SGD cross',
          cell(crossing(stepSizes, lead('ig', 'counter', 1))),
          `24/n² = ${sortedCrossover(size).toExponential(1)}`,
        ],
        ...halves,
        [
          'Counter-example: single shuffle / (γ²n/12)',
          factor(level('ss', (stepSize) => singleShuffleError(stepSize, size))),
          '1 (mean of logs: below 1)',
        ],
        [
          'Counter-example: random reshuffling / (γ²n/6)',
          factor(level('rr', (stepSize) => reshufflingError(stepSize, size))),
          '1',
        ],
      ],
    },
  ]
}

const factor = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : '–')

/** Random reshuffling over single shuffle, by both measures: which is better depends on when one looks. */
export function measureFigure(runs: readonly Run[], sizes: Sizes): PairedFigure[] {
  const rows = vectorProblemNames.flatMap((problem) =>
    (['iterates', 'ends'] as const).flatMap((sample) => {
      const index = sizes.vector[problem].stepSizes.length - 1
      const values = pairedDifferences(
        problemSeeds(runs, 'rr', problem, sample, index, sizes),
        problemSeeds(runs, 'ss', problem, sample, index, sizes),
      )
      if (values.length === 0) return []
      const name = `${problemTitle(problem)}, ${sample === 'iterates' ? 'all iterates' : 'epoch ends'}`
      return [{ name, values, ...meanWithInterval(values) }]
    }),
  )
  if (rows.length === 0) return []
  return [
    {
      kind: 'paired',
      id: 'measure',
      title: 'Random reshuffling against single shuffle: the answer depends on the measure',
      caption:
        'log₁₀(error of random reshuffling / error of single shuffle) at the smallest step size, a dot a problem seed. Over all iterates a fixed order is ahead, at epoch ends a fresh one: never compare methods by different measures.',
      x: { label: 'log₁₀ ratio; below zero random reshuffling is better' },
      rows,
    },
  ]
}

/** With its own best step size each. */
export function tunedFigure(runs: readonly Run[]): Figure[] {
  const sgd = new Map(runs.filter((run) => run.arm === 'sgd').map((run) => [run.seed, run.metrics.tuned!]))
  const rows = armsPresent(runs).flatMap((arm) => {
    if (arm === 'sgd') return []
    const values = runs.flatMap((run) =>
      run.arm === arm && sgd.has(run.seed) ? [run.metrics.tuned! - sgd.get(run.seed)!] : [],
    )
    return values.length === 0 ? [] : [{ name: orderTitles[arm], values, ...meanWithInterval(values) }]
  })
  if (rows.length === 0) return []
  return [
    {
      kind: 'paired',
      id: 'tuned',
      title: 'Each order at its own best step size',
      caption:
        'log₁₀(error / error of SGD), mean of four problems, over all iterates from the start, the way down included. Each method’s step size is the best of the grid on the other problem seeds of the run. A dot is a seed (three problem seeds of each problem).',
      x: { label: 'log₁₀ ratio to SGD; below zero the order is better' },
      rows,
    },
  ]
}
