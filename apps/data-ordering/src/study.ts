import { type DataSet, defineStudy, type Preset } from '@lemanic/eval'
import {
  armDefinitions,
  type ArmName,
  convolutionalArms,
  isNetwork,
  perceptronArms,
  slowArms,
  vectorArms,
} from './arms.js'
import { claims } from './claims.js'
import { createEngine } from './engine.js'
import { metrics } from './metrics.js'
import type { OrderingOptions, Sizes } from './options.js'
import { presetSizes } from './preset-sizes.js'
import { deviations } from './report/deviations.js'
import { figures } from './report/figures.js'
import { paperFigures } from './report/paper-figures.js'
import { runNetworkArm } from './run-network.js'
import { type OrderingContext, runVectorArm } from './run-vector.js'
import type { OrderingSettings } from './settings.js'

const laptopArms: readonly ArmName[] = [...vectorArms, ...perceptronArms, ...convolutionalArms]

/** The same number of seeds for each arm of a list. */
function seedsOf(arms: readonly ArmName[], seeds: number): Partial<Record<ArmName, number>> {
  return Object.fromEntries(arms.map((arm) => [arm, seeds]))
}

/** The study for one preset and one set of digits. */
export function createStudy(settings: OrderingSettings, dataSets: readonly DataSet[]) {
  const preset = settings.preset as keyof typeof presetSizes
  const sizes: Sizes = presetSizes[preset] ?? presetSizes.laptop
  const withDigits = (own: Sizes): OrderingOptions => ({ ...own, digits: settings.digitsHash.slice(0, 16) })
  const presets: Record<keyof typeof presetSizes, Preset<ArmName, OrderingOptions>> = {
    smoke: {
      description: 'Tiny problems and a few epochs, to see that everything runs.',
      arms: laptopArms,
      seeds: 2,
      armSeeds: seedsOf(convolutionalArms, 1),
      options: withDigits(presetSizes.smoke),
      verdicts: false,
    },
    laptop: {
      description:
        'Eight orders, 24 problem seeds of the vector problems, 8 of the MLP, 3 of the CNN: minutes on two cores.',
      arms: laptopArms,
      seeds: 8,
      armSeeds: seedsOf(convolutionalArms, 3),
      options: withDigits(presetSizes.laptop),
    },
    complete: {
      description:
        'All ten orders, 48 problem seeds, twice as long, larger networks on more digits: hours on two cores.',
      arms: [...vectorArms, ...slowArms, ...perceptronArms, ...convolutionalArms],
      seeds: 12,
      armSeeds: seedsOf(convolutionalArms, 6),
      options: withDigits(presetSizes.complete),
    },
  }
  return defineStudy({
    name: 'data-ordering',
    title: 'Does it matter in which order SGD visits its data?',
    question:
      'Every training loop picks an order: draws, one shuffle, a fresh shuffle each epoch, or what the file holds. Theory says how much each costs. Which of it can be seen?',
    paper: {
      title: 'On Convergence of Incremental Gradient for Non-Convex Smooth Functions',
      authors: 'Anastasia Koloskova, Nikita Doikov, Sebastian U. Stich, Martin Jaggi',
      year: 2024,
      venue: 'ICML',
      url: 'https://arxiv.org/abs/2305.19259',
    },
    arms: armDefinitions,
    metrics,
    presets,
    setup: (resources: { readonly threads: number; readonly backend: string; readonly options: OrderingOptions }) =>
      createEngine(settings, resources),
    run: (arm: ArmName, seed: number, context: OrderingContext) =>
      isNetwork(arm) ? runNetworkArm(arm, seed, context) : runVectorArm(arm, seed, context),
    claims: claims(sizes),
    figures: (runs) => figures(runs, sizes),
    deviations: deviations(preset, sizes),
    paperFigures,
    dataSets: [...dataSets],
  })
}
