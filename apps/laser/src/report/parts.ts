import { type Figure, mean } from '@lemanic/eval'
import { cells, methodTitles, mlpPowers, paperRank, ranks } from '../arms.js'
import { paperRanks } from './paper-curves.js'
import { cellOf, meanInterval, methods, point, powerGrids, type Run, valuesOf } from './run-values.js'

/** Accuracy over LASER's rank, beside the published study of it. */
export function overRank(runs: readonly Run[]): Figure[] {
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
export function variants(runs: readonly Run[]): Figure[] {
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

/** Noise over signal in what is received. */
export function noise(runs: readonly Run[]): Figure[] {
  const series = methods.flatMap((method) => {
    const points = powerGrids[1][1].flatMap((power) => {
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

/** Shares of the largest singular values of the mean gradient. */
export function spectra(runs: readonly Run[]): Figure[] {
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
