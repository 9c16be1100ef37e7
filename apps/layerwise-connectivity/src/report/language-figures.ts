import type { Figure, HeatmapFigure, LineFigure } from '@lemanic/eval'
import { mean } from '@lemanic/eval'
import { armTitles, languageArms, type LanguageArmName } from '../arms.js'
import type { Sizes } from '../options.js'
import { armsPresent, meanSample, runsOf, type Run } from './samples.js'

const arms = Object.keys(languageArms) as LanguageArmName[]
const modules = ['norm 1', 'query', 'key', 'value', 'output', 'norm 2', 'up', 'down']

/** The language models, in nats a character. */
export function languageFigures(runs: readonly Run[], sizes: Sizes): Figure[] {
  const present = armsPresent(runs, arms)
  if (present.length === 0) return []
  return [
    ...present.flatMap((arm) => moduleHeatmap(runs, sizes, arm)),
    lines(runs, present, {
      id: 'gpt-alpha',
      title: 'Language models: from one to the other',
      caption: 'Validation loss of (1 − α) · model a + α · model b.',
      x: { label: 'α' },
      y: { label: 'Validation loss, nats a character' },
      of: (run) => {
        const y = run.samples!['alpha loss']!
        return { x: y.map((_, at) => at / (y.length - 1)), y }
      },
    }),
    lines(runs, present, {
      id: 'gpt-time',
      title: 'Language models: barriers over training',
      caption: 'Barrier of the loss of the whole model; the figure above has its layers at the end.',
      x: { label: 'Step' },
      y: { label: 'Full barrier, nats a character' },
      of: (run) => run.curves!['full loss']!,
    }),
  ]
}

function moduleHeatmap(runs: readonly Run[], { language }: Sizes, arm: LanguageArmName): HeatmapFigure[] {
  const layers = meanSample(runs, arm, 'layers loss')
  const blocks = meanSample(runs, arm, 'block loss')
  if (layers === undefined || blocks === undefined) return []
  // the embedding, eight modules a block, the last norm
  const rows = Array.from({ length: language.layers }, (_, block) => ({
    name: `block ${block + 1}`,
    cells: [...modules.map((_, at) => layers[1 + block * modules.length + at]!), blocks[block]!] as (number | null)[],
  }))
  const alone = (name: string, value: number) => ({ name, cells: [...modules.map(() => null), value] })
  const all = [alone('embedding', layers[0]!), ...rows, alone('last norm', layers.at(-1)!)]
  const full = mean(runsOf(runs, arm).map((run) => run.metrics['full loss']!))
  return [
    {
      kind: 'heatmap',
      id: `${arm}-modules`,
      title: `${armTitles[arm]}: loss barrier of every module`,
      caption: `Nats a character at α = ½, mean of both bases and ${runsOf(runs, arm).length} pairs; the last column averages the whole block. The whole model: ${full.toFixed(3)}.`,
      x: { label: 'Module', values: [...modules, 'together'] },
      y: { label: 'Place', values: all.map(({ name }) => name) },
      value: { label: 'Barrier, nats', digits: 3 },
      diverging: 0,
      cells: all.map(({ cells }) => cells),
    },
  ]
}

function lines(
  runs: readonly Run[],
  present: readonly LanguageArmName[],
  {
    of,
    ...rest
  }: Omit<LineFigure, 'kind' | 'series' | 'band'> & {
    readonly of: (run: Run) => { readonly x: readonly number[]; readonly y: readonly number[] }
  },
): LineFigure {
  return {
    ...rest,
    kind: 'line',
    band: 'range over pairs',
    series: present.map((arm) => {
      const curves = runsOf(runs, arm).map(of)
      return {
        name: armTitles[arm],
        points: curves[0]!.x.map((x, at) => {
          const column = curves.map(({ y }) => y[at]!)
          return { x, y: mean(column), low: Math.min(...column), high: Math.max(...column) }
        }),
      }
    }),
  }
}
