import type { Figure, PairedFigure, TableFigure } from '@lemanic/eval'
import { mean, pairedTTest } from '@lemanic/eval'
import { convolutionalArms, type NetworkArm, orderOfNetwork, orderTitles, perceptronArms } from '../arms.js'
import type { NetworkSizes, Sizes } from '../options.js'
import type { Run } from './samples.js'

/** The networks: ‖∇f‖² against SGD, what is learned, and how sharp the minima are. */
export function networkFigures(runs: readonly Run[], sizes: Sizes): Figure[] {
  return [
    ...gradientFigure(runs, 'mlp', perceptronArms, sizes.mlp),
    ...gradientFigure(runs, 'cnn', convolutionalArms, sizes.cnn),
    ...sharpnessFigure(runs, sizes.mlp),
    ...outcomeTable(runs),
  ]
}

interface Row {
  readonly name: string
  readonly values: number[]
  readonly mean: number
  readonly interval?: [number, number]
}

function row(name: string, values: number[]): Row[] {
  if (values.length === 0) return []
  const spread = values.some((value) => value !== values[0])
  const interval =
    values.length > 1 && spread
      ? pairedTTest(
          values,
          values.map(() => 0),
        ).confidenceInterval
      : undefined
  return [
    { name, values, mean: mean(values), ...(interval === undefined ? {} : { interval: [interval[0], interval[1]] }) },
  ]
}

function differences(runs: readonly Run[], arm: NetworkArm, against: NetworkArm, of: (run: Run) => number | undefined) {
  const other = new Map(runs.filter((run) => run.arm === against).map((run) => [run.seed, of(run)]))
  return runs.flatMap((run) => {
    const [own, base] = [of(run), other.get(run.seed)]
    return run.arm !== arm || own === undefined || base === undefined ? [] : [own - base]
  })
}

function gradientFigure(
  runs: readonly Run[],
  prefix: 'mlp' | 'cnn',
  arms: readonly NetworkArm[],
  { stepSizes, images, batchSize, epochs }: NetworkSizes,
): PairedFigure[] {
  const rows = arms.slice(1).flatMap((arm) =>
    stepSizes.flatMap((stepSize, index) =>
      (['iterates', 'ends'] as const).flatMap((sample) =>
        row(
          `${orderTitles[orderOfNetwork(arm)]}, γ ${stepSize}, ${sample === 'iterates' ? 'all iterates' : 'epoch ends'}`,
          differences(runs, arm, `${prefix}-sgd`, (run) => run.samples?.[sample]?.[index]),
        ),
      ),
    ),
  )
  if (rows.length === 0) return []
  return [
    {
      kind: 'paired',
      id: `${prefix}-gradient`,
      title: `${prefix === 'mlp' ? 'MLP' : 'CNN'}: ‖∇f‖² of the whole training set against SGD’s`,
      caption: `log₁₀ ratio of means over the second half; a dot is a seed, the bar a 95 % t interval. ${images} digits in ${Math.floor(images / batchSize)} batches of ${batchSize} that are cut once and are the units of every order, ${epochs} epochs, no momentum.`,
      x: { label: 'log₁₀ ratio to SGD; below zero the order is better' },
      rows,
    },
  ]
}

function sharpnessFigure(runs: readonly Run[], { stepSizes }: NetworkSizes): PairedFigure[] {
  const rows = perceptronArms.slice(1).flatMap((arm) =>
    stepSizes.flatMap((stepSize, index) => {
      const values = differences(runs, arm, 'mlp-sgd', (run) => {
        const value = run.samples?.sharpness?.[index]
        return value === undefined || value <= 0 ? undefined : 100 * Math.log(value)
      })
      return row(
        `${orderTitles[orderOfNetwork(arm)]}, γ ${stepSize}`,
        values.map((value) => 100 * Math.expm1(value / 100)),
      )
    }),
  )
  if (rows.length === 0) return []
  return [
    {
      kind: 'paired',
      id: 'sharpness',
      title: 'Ours: does the order change the sharpness of the MLP’s minimum?',
      caption:
        'Largest eigenvalue of the Hessian of the training objective at the end (power iteration on Hessian–vector products), in percent of SGD’s at the same seed. The grey band is the margin of the claim, ±10 %, which is about random reshuffling at the larger step size.',
      x: { label: 'Sharpness less SGD’s, %' },
      margin: 10,
      rows,
    },
  ]
}

function outcomeTable(runs: readonly Run[]): TableFigure[] {
  const arms = [...perceptronArms, ...convolutionalArms].filter((arm) => runs.some((run) => run.arm === arm))
  if (arms.length === 0) return []
  return [
    {
      kind: 'table',
      id: 'outcome',
      title: 'What the networks learn',
      caption:
        'Means over seeds. The step size is tuned for each order by the loss on validation pictures; loss and accuracy are on test pictures. Convolutional nets have few seeds and one step size: read them as an illustration.',
      columns: [
        { title: 'Network' },
        { title: 'Order' },
        { title: 'Seeds', digits: 0 },
        { title: 'Test loss, nats', digits: 3 },
        { title: 'Test accuracy, %', digits: 1 },
        { title: 'Training objective, larger γ', digits: 4 },
        { title: 'Seconds', digits: 1 },
      ],
      rows: arms.map((arm) => {
        const own = runs.filter((run) => run.arm === arm)
        const of = (metric: string) => mean(own.map((run) => run.metrics[metric]!))
        return [
          arm.startsWith('mlp') ? 'MLP' : 'CNN',
          orderTitles[orderOfNetwork(arm)],
          own.length,
          of('network tuned loss'),
          of('test accuracy'),
          of('network loss'),
          mean(own.map((run) => run.seconds)),
        ]
      }),
    },
  ]
}
