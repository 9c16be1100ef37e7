import { type Figure, type FinishedRun, mean, type TableFigure } from '@lemanic/eval'
import {
  figure3Methods,
  methodTitles,
  type MnistArm,
  mnistMethods,
  type RegressionArm,
  regressionMethods,
  settings,
} from '../arms.js'
import { paperTable } from '../claims.js'
import type { Sizes } from '../options.js'

export type Run = FinishedRun<string, string>

/** Runs of an arm. */
export function runsOf(runs: readonly Run[], arm: string): Run[] {
  return runs.filter((run) => run.arm === arm)
}

/** The mean of a metric over an arm's seeds; null where there is none. */
export function meanOf(runs: readonly Run[], arm: string, metric: string): number | null {
  const values = runsOf(runs, arm).flatMap(({ metrics }) => (metrics[metric] === undefined ? [] : [metrics[metric]]))
  return values.length === 0 ? null : mean(values)
}

/** The paper's Table 1, with ours beside it: one table a setting. */
export function tableOne(runs: readonly Run[], { mnist }: Sizes): TableFigure[] {
  return settings.flatMap((setting): TableFigure[] => {
    const rows = mnistMethods.flatMap((method) => {
      const arm: MnistArm = `${setting}-${method}`
      const paper = paperTable[setting][method]
      if (runsOf(runs, arm).length === 0) return []
      const own = ['accuracy', 'worst accuracy', 'loss'].map((metric) => meanOf(runs, arm, metric))
      return [[methodTitles[method], ...own, paper?.[0] ?? null, paper?.[1] ?? null]]
    })
    if (rows.length === 0) return []
    return [
      {
        kind: 'table',
        id: `table-1-${setting}`,
        title: `Table 1, ${setting === 'rotation' ? 'rotated digits' : 'private labels'}: ours beside the paper`,
        caption: `Means over seeds and clients, each tested on its own cluster’s view of the test pictures. ${mnist.clusters * mnist.clientsPerCluster} clients in ${mnist.clusters} clusters own ${mnist.pictures} pictures of ${mnist.side} × ${mnist.side} for the whole run; MLP with ${mnist.width} hidden units; ${mnist.rounds} full-batch updates for every method. The paper: 300 clients, one seed; its code draws new pictures in every epoch and has a loss of another kind, so that only the order of methods can be compared.`,
        columns: [
          { title: 'Method' },
          { title: 'Accuracy, %', digits: 1 },
          { title: 'Worst tenth, %', digits: 1 },
          { title: 'Loss, nats', digits: 3 },
          { title: 'Paper: accuracy, %', digits: 1 },
          { title: 'Paper: loss', digits: 3 },
        ],
        rows,
      },
    ]
  })
}

/** What every method costs and whether it finds its clusters. */
export function costTable(runs: readonly Run[]): TableFigure[] {
  const arms = [
    ...mnistMethods.map((method): [string, MnistArm] => [methodTitles[method], `private-${method}`]),
    ...regressionMethods.map((method): [string, RegressionArm] => [methodTitles[method], `regression-${method}`]),
  ].filter(([, arm]) => runsOf(runs, arm).length > 0)
  if (arms.length === 0) return []
  return [
    {
      kind: 'table',
      id: 'cost',
      title: 'What it costs, and whether the clusters are found',
      caption:
        'For each client over the whole run. Precision: of the others inside a client’s last ball, the share of its own cluster; recall: the share of its cluster that is inside. Adjusted Rand index of the labels that IFCA, clustered FL and Momentum-Clustering end with.',
      columns: [
        { title: 'Data' },
        { title: 'Method' },
        { title: 'Gradients', digits: 0 },
        { title: 'Sent, MB', digits: 2 },
        { title: 'Precision', digits: 2 },
        { title: 'Recall', digits: 2 },
        { title: 'Rand index', digits: 2 },
        { title: 'Seconds', digits: 1 },
      ],
      rows: arms.map(([title, arm]) => [
        arm.startsWith('private') ? 'digits, private label' : 'regression',
        title,
        ...['gradients', 'megabytes', 'precision', 'recall', 'rand index'].map((name) => meanOf(runs, arm, name)),
        mean(runsOf(runs, arm).map(({ seconds }) => seconds)),
      ]),
    },
  ]
}

/** Errors of the regression: all methods, and those of Figure 3 at its sizes. */
export function regressionTable(runs: readonly Run[], { regression }: Sizes): Figure[] {
  const present = regressionMethods.filter((method) => runsOf(runs, `regression-${method}`).length > 0)
  if (present.length === 0) return []
  const name = ([clusters, size]: readonly [number, number]): string => `K ${clusters}, n ${size}`
  return [
    {
      kind: 'points',
      id: 'regression',
      title: 'Regression: distance to the optimum',
      caption: `Mean over clients of ‖θ* − x‖; a mark is a seed. ${regression.clusters} clusters of ${regression.clientsPerCluster} clients with ${regression.examples} examples in ${regression.dimension} dimensions, ‖θ*‖ = ${regression.scale}, noise 1; ${regression.rounds} rounds.`,
      x: { label: '‖θ* − x‖', scale: 'log' },
      rows: present.map((method) => {
        const values = runsOf(runs, `regression-${method}`).map(({ metrics }) => metrics.error!)
        return { name: methodTitles[method], values, mean: mean(values) }
      }),
    },
    {
      kind: 'table',
      id: 'figure-3',
      title: 'Figure 3: other numbers and sizes of clusters',
      caption:
        'The quantile leaves one member of a cluster out of the ball. Federated-Clustering is not promised to reach the oracle; see the claim.',
      columns: [
        { title: 'Method' },
        { title: name([regression.clusters, regression.clientsPerCluster]), digits: 3 },
        ...regression.others.map((sizes) => ({ title: name(sizes), digits: 3 })),
      ],
      rows: figure3Methods
        .filter((method) => present.includes(method))
        .map((method) => [
          methodTitles[method],
          meanOf(runs, `regression-${method}`, 'error'),
          ...regression.others.map((_, at) => meanOf(runs, `regression-${method}`, `error size ${at}`)),
        ]),
    },
  ]
}

/** The digits with attackers. */
export function attackedDigitsTable(runs: readonly Run[], { mnist, mnistAttack }: Sizes): TableFigure[] {
  const arm = 'byzantine-digits'
  if (runsOf(runs, arm).length === 0) return []
  const cell = (name: string): number | null => meanOf(runs, arm, `accuracy, ${name}`)
  return [
    {
      kind: 'table',
      id: 'digits-attacked',
      title: 'Figure 6: private labels with attackers',
      caption: `Accuracy of the honest clients, %. ${mnist.clusters * mnist.clientsPerCluster} honest clients and ${mnistAttack.attackers} attackers, ${mnistAttack.rounds} rounds, q = ${mnistAttack.quantile}.`,
      columns: [{ title: 'Method' }, { title: 'Large gradient', digits: 1 }, { title: 'Bit flip', digits: 1 }],
      rows: [
        ['Federated-Clustering', cell('fc large gradient'), cell('fc bit flip')],
        ['Global', cell('global large gradient'), cell('global bit flip')],
        ['Local (nothing arrives)', cell('local'), cell('local')],
      ],
    },
  ]
}
