import { type DataSet, defineStudy, type Preset } from '@lemanic/eval'
import {
  ablationCells,
  armDefinitions,
  armName,
  type Cell,
  completeCells,
  crossoverCells,
  linearCells,
  mlpCells,
  panelCells,
} from './arms.js'
import { claims } from './claims.js'
import { createEngine } from './engine.js'
import { metrics } from './metrics.js'
import { type LaserOptions, presetSizes, type Sizes } from './options.js'
import { deviations } from './report/deviations.js'
import { figures } from './report/figures.js'
import { paperFigures } from './report/paper-figures.js'
import { type LaserContext, runCell } from './run-cell.js'
import type { LaserSettings } from './settings.js'

const names = (cells: readonly Cell[]): string[] => cells.map(armName)
const laptopArms = names([...linearCells, ...mlpCells, ...ablationCells, ...crossoverCells, ...panelCells])
const completeArms = [...laptopArms, ...names(completeCells)]
const fewer = (arms: readonly string[], seeds: number): Record<string, number> =>
  Object.fromEntries(arms.map((arm) => [arm, seeds]))
const panels = names([...panelCells, ...completeCells.filter(({ problem }) => problem === 'cnn' || problem === 'gpt')])

/** The study for one preset and one set of data. */
export function createStudy(settings: LaserSettings, dataSets: readonly DataSet[]) {
  const preset = settings.preset as keyof typeof presetSizes
  const sizes: Sizes = presetSizes[preset] ?? presetSizes.laptop
  const withData = (own: Sizes): LaserOptions => ({ ...own, data: settings.dataHash.slice(0, 16) })
  const presets: Record<keyof typeof presetSizes, Preset<string, LaserOptions>> = {
    smoke: {
      description: 'Four workers, a few steps, to see that everything runs.',
      arms: laptopArms,
      seeds: 1,
      options: withData(presetSizes.smoke),
      verdicts: false,
    },
    laptop: {
      description:
        'Sixteen workers; the whole power grid on the linear model, the MLP at three powers, higher ones to where curves cross, five seeds: minutes on two cores.',
      arms: laptopArms,
      seeds: 5,
      armSeeds: { ...fewer(names(crossoverCells), 3), ...fewer(names(panelCells), 2) },
      options: withData(presetSizes.laptop),
    },
    complete: {
      description:
        'A-DSGD and sketching too, six seeds, every learning rate tuned anew: three quarters of an hour on two cores.',
      arms: completeArms,
      seeds: 6,
      armSeeds: { ...fewer(panels, 3), ...fewer(names(completeCells.filter(({ method }) => method === 'adsgd')), 2) },
      options: withData(presetSizes.complete),
    },
  }
  return defineStudy({
    name: 'laser',
    title: 'Gradients of low rank over a noisy channel',
    question:
      'Workers that share a radio channel are summed in the air, with noise on every number. Does sending a low-rank factor rather than the gradient make better use of the power, and when does it not?',
    paper: {
      title: 'LASER: Linear Compression in Wireless Distributed Optimization',
      authors: 'Ashok Vardhan Makkuva, Marco Bondaschi, Thijs Vogels, Martin Jaggi, Hyeji Kim, Michael C. Gastpar',
      year: 2024,
      venue: 'ICML',
      url: 'https://arxiv.org/abs/2310.13033',
    },
    arms: armDefinitions,
    metrics,
    presets,
    setup: (resources: { readonly threads: number; readonly backend: string; readonly options: LaserOptions }) =>
      createEngine(settings, resources),
    run: (arm: string, seed: number, context: LaserContext) => runCell(arm, seed, context),
    claims,
    figures,
    deviations: deviations(sizes),
    paperFigures,
    dataSets: [...dataSets],
  })
}
