import { type Figure, mean } from '@lemanic/eval'
import { cells, methodTitles } from '../arms.js'
import { data, times } from './costs.js'
import { besidePaper, leads, overPower } from './over-power.js'
import { paperCurves } from './paper-curves.js'
import { noise, overRank, spectra, variants } from './parts.js'
import { savings } from './power-saving-table.js'
import { powerGrids, type Run, valuesOf } from './run-values.js'

/** Every figure of the report, in the order of the argument. */
export function figures(runs: readonly Run[]): Figure[] {
  const [[, linear], [, mlp]] = powerGrids
  return [
    ...overPower(runs, 'linear', linear),
    ...besidePaper(runs),
    ...overPower(runs, 'mlp', mlp),
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
