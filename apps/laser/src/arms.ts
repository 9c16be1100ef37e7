import type { ArmDefinition } from '@lemanic/eval'

export const problemNames = ['linear', 'mlp', 'cnn', 'gpt'] as const
export type ProblemName = (typeof problemNames)[number]

/** How gradients travel; `noiseless` is plain SGD without a channel. */
export const methodNames = ['noiseless', 'laser', 'zsgd', 'random', 'sketch', 'signum', 'adsgd'] as const
export type MethodName = (typeof methodNames)[number]

export type ScheduleName = 'constant' | 'linear' | 'step'

/** One cell of the study: everything about a run but its seed and sizes. */
export interface Cell {
  readonly problem: ProblemName
  readonly method: MethodName
  /** Mean power of a step; Infinity for `noiseless`. */
  readonly power: number
  /** LASER's. */
  readonly rank: number
  readonly feedback: boolean
  readonly schedule: ScheduleName
}

/** The paper's grid on MNIST; and low, middle, high for the MLP: d/(K²P) of 130, 13 and 1.3. */
export const linearPowers = [0.01, 0.1, 1, 10, 100] as const
export const mlpPowers = [3, 30, 300] as const
/** Two powers of the panels without a verdict. */
export const cnnPowers = [1, 30] as const
export const gptPowers = [1, 30, 1000] as const
/** Powers beyond the grids, where the noise hardly counts any more and the bias of a low rank does. */
export const highPowers = { linear: [1000, 10_000], mlp: [3000, 30_000] } as const
export const ranks = [1, 4, 16, 64] as const
export const paperRank = 4

export const methodTitles: Readonly<Record<MethodName, string>> = {
  noiseless: 'Noiseless SGD',
  laser: 'LASER',
  zsgd: 'Z-SGD',
  random: 'Random-K',
  sketch: 'Sketching',
  signum: 'Signum',
  adsgd: 'A-DSGD',
}
export const problemTitles: Readonly<Record<ProblemName, string>> = {
  linear: 'Linear',
  mlp: 'MLP',
  cnn: 'CNN',
  gpt: 'GPT',
}

const cell = (problem: ProblemName, method: MethodName, power: number, other: Partial<Cell> = {}): Cell => ({
  problem,
  method,
  power,
  rank: paperRank,
  feedback: true,
  schedule: 'constant',
  ...other,
})

/** The name of a cell: `mlp-laser-3`, `mlp-laser-3-rank-16`, `mlp-zsgd-3-linear` … */
export function armName({ problem, method, power, rank, feedback, schedule }: Cell): string {
  if (method === 'noiseless') return `${problem}-noiseless`
  const parts = [problem, method, String(power).replace('.', 'p')]
  if (rank !== paperRank) parts.push('rank', String(rank))
  if (!feedback) parts.push('no-feedback')
  if (schedule !== 'constant') parts.push(schedule)
  return parts.join('-')
}

const [lowMlp] = mlpPowers
const noiseless = (problem: ProblemName): Cell => cell(problem, 'noiseless', Infinity)
const grid = (problem: ProblemName, methods: readonly MethodName[], powers: readonly number[]): Cell[] =>
  methods.flatMap((method) => powers.map((power) => cell(problem, method, power)))

/** The linear model: all methods but A-DSGD over the whole power grid. */
export const linearCells = [
  noiseless('linear'),
  ...grid('linear', ['laser', 'zsgd', 'random', 'sketch', 'signum'], linearPowers),
]
/** The MLP: four methods at three powers. */
export const mlpCells = [noiseless('mlp'), ...grid('mlp', ['laser', 'zsgd', 'random', 'signum'], mlpPowers)]
/** LASER's parts, at the MLP's lowest power. */
export const ablationCells = [
  ...ranks.filter((rank) => rank !== paperRank).map((rank) => cell('mlp', 'laser', lowMlp, { rank })),
  cell('mlp', 'laser', lowMlp, { feedback: false }),
  ...(['laser', 'zsgd'] as const).flatMap((method) =>
    (['linear', 'step'] as const).map((schedule) => cell('mlp', method, lowMlp, { schedule })),
  ),
]
/** Where the curves of LASER and Z-SGD may cross. */
export const crossoverCells = (['linear', 'mlp'] as const).flatMap((problem) =>
  grid(problem, ['laser', 'zsgd'], highPowers[problem]),
)
/** Panels without a verdict. */
export const panelCells = [...grid('cnn', ['laser', 'zsgd'], cnnPowers), ...grid('gpt', ['laser', 'zsgd'], gptPowers)]
/** What only the complete preset has. */
export const completeCells = [
  ...grid('linear', ['adsgd'], linearPowers),
  ...grid('mlp', ['sketch'], mlpPowers),
  noiseless('cnn'),
  noiseless('gpt'),
]

const allCells = [...linearCells, ...mlpCells, ...ablationCells, ...crossoverCells, ...panelCells, ...completeCells]
const optional: readonly Cell[] = [...crossoverCells, ...panelCells, ...completeCells]

/** Every cell by its name. */
export const cells: Readonly<Record<string, Cell>> = Object.fromEntries(allCells.map((one) => [armName(one), one]))

/** In words, for the table of arms. */
export function cellTitle({ problem, method, power, rank, feedback, schedule }: Cell): string {
  const base = `${problemTitles[problem]}: ${methodTitles[method]}`
  if (method === 'noiseless') return base
  const parts = [`P = ${power}`]
  if (rank !== paperRank) parts.push(`rank ${rank}`)
  if (!feedback) parts.push('no error feedback')
  if (schedule !== 'constant') parts.push(`${schedule} power`)
  return `${base}, ${parts.join(', ')}`
}

export const armDefinitions: Readonly<Record<string, ArmDefinition>> = Object.fromEntries(
  Object.entries(cells).map(([name, one]) => [
    name,
    { title: cellTitle(one), ...(optional.includes(one) ? { optional: true } : {}) },
  ]),
)
