import { type Figure, mean } from '@lemanic/eval'
import { linearPowers, methodTitles, problemTitles, type ProblemName } from '../arms.js'
import { paperMnist } from './paper-curves.js'
import { cellOf, meanInterval, methods, pairs, point, powerGrids, type Run, valuesOf } from './run-values.js'

/** Accuracy over the power of a step. */
export function overPower(runs: readonly Run[], problem: ProblemName, powers: readonly number[]): Figure[] {
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

/** The linear model beside the published curves. */
export function besidePaper(runs: readonly Run[]): Figure[] {
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

/** LASER's lead over Z-SGD at every power; where it turns negative the curves have crossed. */
export function leads(runs: readonly Run[]): Figure[] {
  const rows = powerGrids.flatMap(([problem, powers]) =>
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
