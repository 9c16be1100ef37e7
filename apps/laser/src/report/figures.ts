import { bootstrap, type Figure, type FinishedRun, mean, pairedTTest, type TableFigure } from '@lemanic/eval'
import {
  armName,
  cells,
  linearPowers,
  methodTitles,
  mlpPowers,
  type MethodName,
  paperRank,
  problemTitles,
  type ProblemName,
  ranks,
  type Cell,
} from '../arms.js'
import { gridPowerToReach, powerToReach } from '../power-saving.js'
import { paperCurves, paperMnist, paperRanks } from './paper-curves.js'

type Run = FinishedRun<string, string>

const valuesOf = (runs: readonly Run[], arm: string, metric: string): number[] =>
  runs.filter((run) => run.arm === arm && run.metrics[metric] !== undefined).map((run) => run.metrics[metric]!)

/** The 95 % t interval of a mean. */
function meanInterval(values: readonly number[]): [number, number] {
  const [low, high] = pairedTTest(
    values,
    values.map(() => 0),
  ).confidenceInterval
  return [low, high]
}

function point(x: number, values: readonly number[]) {
  const y = mean(values)
  if (values.length < 2) return { x, y }
  const [low, high] = meanInterval(values)
  return { x, y, low, high }
}

const methods: readonly MethodName[] = ['laser', 'zsgd', 'random', 'sketch', 'signum', 'adsgd']
const cellOf = (problem: ProblemName, method: MethodName, power: number, other: Partial<Cell> = {}): string =>
  armName({ problem, method, power, rank: paperRank, feedback: true, schedule: 'constant', ...other })

/** Every figure of the report, in the order of the argument. */
export function figures(runs: readonly Run[]): Figure[] {
  return [
    ...overPower(runs, 'linear', linearPowers),
    ...besidePaper(runs),
    ...overPower(runs, 'mlp', mlpPowers),
    ...leads(runs),
    ...savings(runs),
    ...overRank(runs),
    ...variants(runs),
    ...noise(runs),
    ...spectra(runs),
    ...panels(runs),
    ...data(runs),
    ...times(runs),
    ...published(),
  ]
}

function overPower(runs: readonly Run[], problem: ProblemName, powers: readonly number[]): Figure[] {
  const series = methods.flatMap((method) => {
    const points = powers.flatMap((power) => {
      const values = valuesOf(runs, cellOf(problem, method, power), 'accuracy')
      return values.length === 0 ? [] : [point(power, values)]
    })
    return points.length === 0 ? [] : [{ name: methodTitles[method], points }]
  })
  if (series.length === 0) return []
  const exact = valuesOf(runs, `${problem}-noiseless`, 'accuracy')
  const reference =
    exact.length === 0
      ? []
      : [{ name: methodTitles.noiseless, points: [powers[0]!, powers.at(-1)!].map((x) => ({ x, y: mean(exact) })) }]
  return [
    {
      kind: 'line',
      id: `${problem}-power`,
      title: `${problemTitles[problem]}: accuracy over power`,
      caption:
        'Each point has its own tuned learning rate. LASER is ahead where power is scarce; where it is not, curves meet or cross.',
      x: { label: 'Power P of a step (σ² = 1)', scale: 'log' },
      y: { label: 'Test accuracy (%)' },
      band: '95 % t interval of the mean over seeds',
      series: [...series, ...reference],
    },
  ]
}

function besidePaper(runs: readonly Run[]): Figure[] {
  const rows = (['laser', 'zsgd', 'random', 'sketch', 'adsgd'] as const).flatMap((method) =>
    linearPowers.flatMap((power, i): (string | number)[][] => {
      const values = valuesOf(runs, cellOf('linear', method, power), 'accuracy')
      return values.length === 0 ? [] : [[methodTitles[method], power, mean(values), paperMnist[method]![i]!]]
    }),
  )
  if (rows.length === 0) return []
  const series = (['laser', 'zsgd', 'random'] as const).flatMap((method) => {
    const own = linearPowers.flatMap((power) => {
      const values = valuesOf(runs, cellOf('linear', method, power), 'accuracy')
      return values.length === 0 ? [] : [{ x: power, y: mean(values) }]
    })
    const paper = linearPowers.map((x, i) => ({ x, y: paperMnist[method]![i]! }))
    if (own.length === 0) return []
    return [
      { name: methodTitles[method], points: own },
      { name: `${methodTitles[method]}, published`, points: paper },
    ]
  })
  return [
    {
      kind: 'line',
      id: 'linear-paper',
      title: 'Linear model: ours beside the published curves',
      caption: 'The paper trains for 50 epochs with one learning rate; its values are read off the figure.',
      x: { label: 'Power P of a step', scale: 'log' },
      y: { label: 'Test accuracy (%)' },
      series,
    },
    {
      kind: 'table',
      id: 'linear-paper-table',
      title: 'The same in numbers',
      columns: [
        { title: 'Method' },
        { title: 'Power', digits: 2 },
        { title: 'Ours (%)', digits: 1 },
        { title: 'Published (%)', digits: 1 },
      ],
      rows,
    },
  ]
}

function leads(runs: readonly Run[]): Figure[] {
  const rows = (
    [
      ['linear', linearPowers],
      ['mlp', mlpPowers],
    ] as const
  ).flatMap(([problem, powers]) =>
    powers.flatMap((power) => {
      const values = pairs(runs, cellOf(problem, 'laser', power), cellOf(problem, 'zsgd', power), 'accuracy')
      if (values.length === 0) return []
      const name = `${problemTitles[problem]}, P = ${power}`
      return [{ name, values, mean: mean(values), ...(values.length > 1 ? { interval: meanInterval(values) } : {}) }]
    }),
  )
  if (rows.length === 0) return []
  return [
    {
      kind: 'paired',
      id: 'lead',
      title: 'Lead of LASER over Z-SGD, seed by seed',
      caption: 'Right of the line LASER is more accurate. Where the interval lies left of it, the curves have crossed.',
      x: { label: 'Difference of test accuracies (points)' },
      rows,
    },
  ]
}

function pairs(runs: readonly Run[], arm: string, against: string, metric: string): number[] {
  return runs
    .filter((run) => run.arm === arm)
    .flatMap((run) => {
      const other = runs.find(({ arm: name, seed }) => name === against && seed === run.seed)
      const [a, b] = [run.metrics[metric], other?.metrics[metric]]
      return a === undefined || b === undefined ? [] : [a - b]
    })
}

/** Power to target: factor with its interval over seeds, and what the grid alone allows to say. */
function savings(runs: readonly Run[]): Figure[] {
  const rows: (string | number | null)[][] = []
  for (const [problem, powers] of [
    ['linear', linearPowers],
    ['mlp', mlpPowers],
  ] as const) {
    const seeds = [...new Set(runs.map(({ seed }) => seed))]
    const curve = (method: MethodName, seed: number): number[] =>
      powers.flatMap((power) => {
        const run = runs.find((one) => one.arm === cellOf(problem, method, power) && one.seed === seed)
        return run?.metrics.accuracy === undefined ? [] : [run.metrics.accuracy]
      })
    const complete = seeds.filter((seed) =>
      (['laser', 'zsgd'] as const).every((method) => curve(method, seed).length === powers.length),
    )
    if (complete.length === 0) continue
    for (const [at, power] of powers.entries()) {
      const factors = complete.map(
        (seed) => Math.log10(power) - powerToReach(powers, curve('laser', seed), curve('zsgd', seed)[at]!),
      )
      const center = mean(factors)
      const interval =
        factors.length < 3 || new Set(factors).size === 1
          ? [center, center]
          : bootstrap(factors, { seed: 7, resamples: 2000 }).confidenceInterval
      const average = (method: MethodName): number[] =>
        powers.map((_, i) => mean(complete.map((seed) => curve(method, seed)[i]!)))
      const onGrid = gridPowerToReach(powers, average('laser'), average('zsgd')[at]!)
      const below = onGrid === undefined ? undefined : powers[powers.indexOf(onGrid as never) - 1]
      rows.push([
        problemTitles[problem],
        power,
        average('zsgd')[at]!,
        10 ** center,
        10 ** interval[0]!,
        10 ** interval[1]!,
        onGrid === undefined
          ? 'not reached on the grid'
          : below === undefined
            ? `${short(power / onGrid)} or more`
            : `${short(power / onGrid)} to ${short(power / below)}`,
      ])
    }
  }
  if (rows.length === 0) return []
  const table: TableFigure = {
    kind: 'table',
    id: 'power-saving',
    title: 'How many times less power LASER takes for Z-SGD’s accuracy',
    caption:
      'Interpolated over the grid, with a bootstrap interval over seeds; and the interval that the grid alone allows. A factor at the grid’s edge is a lower bound.',
    columns: [
      { title: 'Model' },
      { title: 'Power of Z-SGD', digits: 2 },
      { title: 'Accuracy (%)', digits: 1 },
      { title: 'Times less', digits: 1 },
      { title: 'from', digits: 1 },
      { title: 'to', digits: 1 },
      { title: 'By the grid alone' },
    ],
    rows,
  }
  return [table]
}

const short = (value: number): string => value.toPrecision(2).replace(/\.0$/, '')

function overRank(runs: readonly Run[]): Figure[] {
  const [low] = mlpPowers
  const points = ranks.flatMap((rank) => {
    const values = valuesOf(runs, cellOf('mlp', 'laser', low, { rank }), 'accuracy')
    return values.length === 0 ? [] : [point(rank, values)]
  })
  if (points.length < 2) return []
  return [
    {
      kind: 'line',
      id: 'rank',
      title: `Accuracy over rank at low power (MLP, P = ${low})`,
      caption: 'A small rank loses more of the gradient, a large one spreads the power over more numbers.',
      x: { label: 'Rank', scale: 'log' },
      y: { label: 'Test accuracy (%)' },
      band: '95 % t interval of the mean over seeds',
      series: [{ name: 'LASER', points }],
    },
    {
      kind: 'line',
      id: 'paper-rank',
      title: 'Published: accuracy over rank, CIFAR-10',
      x: { label: 'Rank', scale: 'log' },
      y: { label: 'Test accuracy (%)' },
      series: Object.entries(paperRanks.powers).map(([power, values]) => ({
        name: `P = ${power}`,
        points: values.map((y, i) => ({ x: paperRanks.ranks[i]!, y })),
      })),
    },
  ]
}

/** Error feedback and power schedules. */
function variants(runs: readonly Run[]): Figure[] {
  const [low] = mlpPowers
  const rows = Object.entries(cells)
    .filter(
      ([, cell]) =>
        cell.problem === 'mlp' &&
        cell.power === low &&
        cell.rank === paperRank &&
        (cell.method === 'laser' || cell.method === 'zsgd'),
    )
    .flatMap(([arm, cell]) => {
      const values = valuesOf(runs, arm, 'accuracy')
      if (values.length === 0) return []
      const name = `${methodTitles[cell.method]}${cell.feedback ? '' : ', no error feedback'}, ${cell.schedule} power`
      return [{ name, values, mean: mean(values), ...(values.length > 1 ? { interval: meanInterval(values) } : {}) }]
    })
  if (rows.length === 0) return []
  return [
    {
      kind: 'points',
      id: 'variants',
      title: `Error feedback and power schedules (MLP, mean power ${low})`,
      caption: 'Schedules keep the mean power and end at nine times what they began with.',
      x: { label: 'Test accuracy (%)' },
      rows,
    },
  ]
}

function noise(runs: readonly Run[]): Figure[] {
  const series = methods.flatMap((method) => {
    const points = mlpPowers.flatMap((power) => {
      const values = valuesOf(runs, cellOf('mlp', method, power), 'noise to signal')
      return values.length === 0 ? [] : [{ x: power, y: 10 ** mean(values) }]
    })
    return points.length === 0 ? [] : [{ name: methodTitles[method], points }]
  })
  if (series.length === 0) return []
  return [
    {
      kind: 'line',
      id: 'noise',
      title: 'Noise over signal in what is received (MLP)',
      caption:
        'Energies of payloads, mean over all steps. Falls like 1/P for every method; LASER’s payload is smaller.',
      x: { label: 'Power P of a step', scale: 'log' },
      y: { label: 'Noise energy / signal energy', scale: 'log' },
      series,
    },
  ]
}

function spectra(runs: readonly Run[]): Figure[] {
  const own = runs.filter((run) => run.arm === 'mlp-noiseless')
  const names = Object.keys(own[0]?.curves ?? {}).filter((name) => name.startsWith('spectrum '))
  if (names.length === 0) return []
  return [
    {
      kind: 'line',
      id: 'spectrum',
      title: 'Gradients are of low rank: share of the four largest singular values (MLP, noiseless)',
      caption: 'Share of σ² in the mean gradient of all workers, over training. Mean over seeds, with their range.',
      x: { label: 'Step' },
      y: { label: 'Share of Σσ²', domain: [0, 1] },
      band: 'range over seeds',
      series: names.map((name) => {
        const curves = own.flatMap((run) => (run.curves?.[name] === undefined ? [] : [run.curves[name]]))
        return {
          name: name.slice('spectrum '.length),
          points: curves[0]!.x.map((x, i) => {
            const values = curves.map((curve) => curve.y[i]!)
            return { x, y: mean(values), low: Math.min(...values), high: Math.max(...values) }
          }),
        }
      }),
    },
  ]
}

function panels(runs: readonly Run[]): Figure[] {
  return (['cnn', 'gpt'] as const).flatMap((problem): Figure[] => {
    const metric = problem === 'cnn' ? 'accuracy' : 'loss'
    const rows = Object.entries(cells)
      .filter(([, cell]) => cell.problem === problem)
      .flatMap(([arm, cell]) => {
        const values = valuesOf(runs, arm, metric)
        const power = Number.isFinite(cell.power) ? `, P = ${cell.power}` : ''
        return values.length === 0 ? [] : [{ name: `${methodTitles[cell.method]}${power}`, values, mean: mean(values) }]
      })
    if (rows.length === 0) return []
    return [
      {
        kind: 'points',
        id: `${problem}-panel`,
        title: problem === 'cnn' ? 'A CNN, without a verdict' : 'A GPT on characters, without a verdict',
        x: { label: problem === 'cnn' ? 'Test accuracy (%)' : 'Test loss (nats a character)' },
        rows,
      },
    ]
  })
}

/** Data in a step, and energy until the target. */
function data(runs: readonly Run[]): Figure[] {
  const rows = [
    ...linearPowers.map((p) => ['linear', p] as const),
    ...mlpPowers.map((p) => ['mlp', p] as const),
  ].flatMap(([problem, power]) =>
    methods.flatMap((method): (string | number | null)[][] => {
      const arm = cellOf(problem, method, power)
      const megabytes = valuesOf(runs, arm, 'megabytes a step')
      if (megabytes.length === 0) return []
      const energies = valuesOf(runs, arm, 'energy to target')
      return [
        [
          problemTitles[problem],
          methodTitles[method],
          power,
          mean(megabytes) * 1000,
          energies.length === megabytes.length ? 10 ** mean(energies) : null,
          `${energies.length} of ${megabytes.length}`,
        ],
      ]
    }),
  )
  if (rows.length === 0) return []
  return [
    {
      kind: 'table',
      id: 'data-energy',
      title: 'Data in a step, and energy until 85 % on validation',
      caption: 'Energy is the power of a worker summed over steps; empty where a seed did not get there.',
      columns: [
        { title: 'Model' },
        { title: 'Method' },
        { title: 'Power', digits: 2 },
        { title: 'kB a step', digits: 1 },
        { title: 'Energy', digits: 1 },
        { title: 'Seeds that got there' },
      ],
      rows,
    },
  ]
}

function times(runs: readonly Run[]): Figure[] {
  const rows = Object.entries(cells).flatMap(([arm, cell]): (string | number)[][] => {
    const own = runs.filter((run) => run.arm === arm && run.samples?.milliseconds !== undefined)
    if (own.length === 0 || cell.schedule !== 'constant') return []
    const part = (i: number): number => mean(own.map((run) => run.samples!.milliseconds![i]!))
    return [[problemTitles[cell.problem], arm, part(0), part(1), part(2)]]
  })
  if (rows.length === 0) return []
  return [
    {
      kind: 'table',
      id: 'milliseconds',
      title: 'Milliseconds of a step',
      caption: 'Of all simulated workers together, beside other runs on the same machine; without a verdict.',
      columns: [
        { title: 'Model' },
        { title: 'Arm' },
        { title: 'Gradients', digits: 2 },
        { title: 'Reduction', digits: 2 },
        { title: 'of that QR', digits: 3 },
      ],
      rows,
    },
  ]
}

function published(): Figure[] {
  return paperCurves.map(({ id, title, unit, powers, curves, noiseless }) => ({
    kind: 'line',
    id,
    title,
    caption: 'Decoded from the authors’ figure; not re-run here.',
    x: { label: 'Power P of a step', scale: 'log' },
    y: { label: unit, scale: unit.includes('perplexity') ? 'log' : 'linear' },
    series: [
      ...Object.entries(curves).map(([name, values]) => ({
        name,
        points: values.map((y, i) => ({ x: powers[i]!, y })),
      })),
      { name: 'Noiseless', points: [powers[0]!, powers.at(-1)!].map((x) => ({ x, y: noiseless })) },
    ],
  }))
}
