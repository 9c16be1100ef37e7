import { type DataSet, defineStudy, type Preset } from '@lemanic/eval'
import {
  armDefinitions,
  convolutionalArms,
  federatedArms,
  languageArms,
  perceptronArms,
  visionArms,
  type ArmName,
  isVision,
} from './arms.js'
import { claims } from './claims.js'
import { createEngine } from './engine.js'
import { metrics } from './metrics.js'
import { presetSizes, type ConnectivityOptions, type Sizes } from './options.js'
import { deviations } from './report/deviations.js'
import { figures } from './report/figures.js'
import { paperFigures } from './report/paper-figures.js'
import { runArm } from './run-arm.js'
import type { ConnectivitySettings } from './settings.js'

const fewPairs = [...Object.keys(convolutionalArms), ...Object.keys(languageArms)] as ArmName[]
const allArms = [...Object.keys(perceptronArms), ...fewPairs, ...federatedArms] as ArmName[]

/** The study for one preset and the data that are here. */
export function createStudy(settings: ConnectivitySettings, dataSets: readonly DataSet[]) {
  const preset = settings.preset as keyof typeof presetSizes
  const sizes: Sizes = presetSizes[preset] ?? presetSizes.laptop
  const sets = settings.pictureSets.split(',')
  const arms = allArms.filter((arm) => !isVision(arm) || sets.includes(visionArms[arm].set))
  const few = (seeds: number): Partial<Record<ArmName, number>> =>
    Object.fromEntries(fewPairs.map((arm) => [arm, seeds]))
  const withData = (own: Sizes): ConnectivityOptions => ({ ...own, data: settings.dataHash.slice(0, 16) })
  const presets: Record<keyof typeof presetSizes, Preset<ArmName, ConnectivityOptions>> = {
    smoke: {
      description: 'Tiny networks and a few steps, to see that everything runs.',
      arms,
      seeds: 2,
      armSeeds: few(1),
      options: withData(presetSizes.smoke),
      verdicts: false,
    },
    laptop: {
      description: 'Eight pairs of MLPs, three of CNNs and language models, eight federations: minutes on two cores.',
      arms,
      seeds: 8,
      armSeeds: few(3),
      options: withData(presetSizes.laptop),
    },
    complete: {
      description: 'Sixteen pairs of MLPs, eight of CNNs and language models, more data, larger and longer: hours.',
      arms,
      seeds: 16,
      armSeeds: few(8),
      options: withData(presetSizes.complete),
    },
  }
  return defineStudy({
    name: 'layerwise-connectivity',
    title: 'Which layers of two networks can be averaged?',
    question:
      'The mean of two trained networks is often useless. Is it one layer that spoils it, or do layers spoil it together?',
    paper: {
      title: 'Layer-wise Linear Mode Connectivity',
      authors: 'Linara Adilova, Maksym Andriushchenko, Michael Kamp, Asja Fischer, Martin Jaggi',
      year: 2024,
      venue: 'ICLR',
      url: 'https://arxiv.org/abs/2307.06966',
    },
    arms: armDefinitions,
    metrics,
    presets,
    setup: (resources: { readonly threads: number; readonly backend: string; readonly options: ConnectivityOptions }) =>
      createEngine(settings, resources),
    run: runArm,
    claims,
    figures: (runs) => figures(runs, sizes),
    deviations: deviations(sizes, sets),
    paperFigures,
    dataSets: [...dataSets],
  })
}
