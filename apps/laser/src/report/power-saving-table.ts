import { bootstrap, type Figure, mean, type TableFigure } from '@lemanic/eval'
import { linearPowers, type MethodName, mlpPowers, problemTitles } from '../arms.js'
import { gridPowerToReach, powerToReach } from '../power-saving.js'
import { cellOf, type Run } from './run-values.js'

/** Power to target: factor with its interval over seeds, and what the grid alone allows to say. */
export function savings(runs: readonly Run[]): Figure[] {
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
