import { type DataSet, defineStudy, type Preset } from '@lemanic/eval'
import {
  armDefinitions,
  type ArmName,
  digitsArms,
  explorerArm,
  mnarArms,
  type MnarMethod,
  otherRealArms,
  positionArms,
  realArms,
  realMnarArms,
  syntheticArms,
} from './arms.js'
import { claimsOf } from './claims.js'
import { familyNames } from './data/family.js'
import type { Family } from './data/family.js'
import { createEngine } from './engine.js'
import type { MethodName } from './methods.js'
import { metrics } from './metrics.js'
import { type MultiModNOptions, presetSizes, type Sizes } from './options.js'
import { deviations } from './report/deviations.js'
import { figures } from './report/figures.js'
import { paperFigures } from './report/paper-figures.js'
import { runDigits } from './run-digits.js'
import { runExplorer } from './run-explorer.js'
import { runRealMnar, runSyntheticMnar } from './run-mnar.js'
import { type MultiModNContext, runReal } from './run-real.js'
import { runSynthetic } from './run-synthetic.js'
import type { MultiModNSettings } from './settings.js'

type PresetKey = keyof typeof presetSizes

/** Arms that the data at hand allow. */
function possible(arms: readonly ArmName[], { missing, hasHaim }: MultiModNSettings): ArmName[] {
  const hasReal = hasHaim || familyNames.some((name) => !missing.includes(name))
  return arms.filter((arm) => {
    if (arm.startsWith('digits-')) return !missing.includes('digits')
    if (arm.startsWith('education-')) return !missing.includes('education')
    return hasReal || !(arm.startsWith('real-') || arm === explorerArm)
  })
}

/** The study for one preset and the data that are there. */
export function createStudy(
  settings: MultiModNSettings,
  data: {
    readonly cards: readonly DataSet[]
    readonly families: readonly Family[]
    readonly reasons: Readonly<Record<string, string>>
  } = {
    cards: [],
    families: [],
    reasons: {},
  },
) {
  const withData = (sizes: Sizes): MultiModNOptions => ({ ...sizes, data: settings.dataHash.slice(0, 16) })
  const laptop = possible(
    [...realArms, ...syntheticArms, ...mnarArms, ...positionArms, ...realMnarArms, ...digitsArms, explorerArm],
    settings,
  )
  /** Seeds of arms that take fewer than all: folds of the real sets, the page. */
  const seedsOf = (real: number, arms: readonly ArmName[]): Partial<Record<ArmName, number>> =>
    Object.fromEntries(
      arms.flatMap((arm): [ArmName, number][] => {
        if (arm === explorerArm) return [[arm, 1]]
        return /^(real|education|digits)-/.test(arm) ? [[arm, real]] : []
      }),
    )
  const complete = [...laptop, ...possible(otherRealArms, settings)]
  const presets: Record<PresetKey, Preset<ArmName, MultiModNOptions>> = {
    smoke: {
      description: 'Few rows and two epochs, to see that everything runs.',
      arms: laptop,
      seeds: 2,
      armSeeds: seedsOf(1, laptop),
      options: withData(presetSizes.smoke),
      verdicts: false,
    },
    laptop: {
      description:
        'At most 1,500 rows of each real data set, five folds; ten seeds of the synthetic one: minutes on two cores.',
      arms: laptop,
      seeds: 10,
      armSeeds: seedsOf(5, laptop),
      options: withData(presetSizes.laptop),
    },
    complete: {
      description:
        'All rows, five folds, twelve seeds, five shares of missing, further kinds of fusion: a quarter of an hour on two cores.',
      arms: complete,
      seeds: 12,
      armSeeds: seedsOf(5, complete),
      options: withData(presetSizes.complete),
    },
  }
  const sizes: Sizes = presetSizes[settings.preset as PresetKey] ?? presetSizes.laptop
  return defineStudy({
    name: 'multimodn',
    title: 'What does each modality add, and what does missingness teach?',
    question:
      'MultiModN adds one modality after another to a shared state, skips what is missing, and says after each what it thinks. Is that as good as putting all side by side, and does skipping protect against missingness that tells the label?',
    paper: {
      title: 'MultiModN: Multimodal, Multi-Task, Interpretable Modular Networks',
      authors:
        'Vinitra Swamy, Malika Satayeva, Jibril Frej, Thierry Bossy, Thijs Vogels, Martin Jaggi, Tanja Käser, Mary-Anne Hartley',
      year: 2023,
      venue: 'NeurIPS',
      url: 'https://arxiv.org/abs/2309.14118',
    },
    arms: armDefinitions,
    metrics,
    presets,
    setup: (resources: { readonly threads: number; readonly backend: string; readonly options: MultiModNOptions }) =>
      createEngine(settings, resources),
    run: runArm,
    claims: claimsOf(settings),
    figures: (runs) => figures(runs, sizes, data.families),
    deviations: deviations(settings.preset, data.reasons),
    paperFigures,
    dataSets: [...data.cards],
  })
}

function runArm(arm: ArmName, seed: number, context: MultiModNContext) {
  if (arm === explorerArm) return runExplorer(seed, context)
  if (arm === 'real-parallel') return runReal('parallel', false, seed, context)
  if (arm === 'real-single') return runReal('sequential', false, seed, context)
  if (arm === 'real-multi') return runReal('sequential', true, seed, context)
  if (arm.startsWith('real-')) return runReal(arm.slice(5) as MethodName, true, seed, context)
  if (arm.startsWith('synthetic-')) return runSynthetic(arm as (typeof syntheticArms)[number], seed, context)
  if (arm.startsWith('digits-')) return runDigits(arm as (typeof digitsArms)[number], seed, context)
  if (arm.startsWith('education-')) return runRealMnar(arm.slice(10) as MnarMethod, seed, context)
  if (arm === 'mnar-first') return runSyntheticMnar('sequential', 'first', seed, context)
  if (arm === 'mnar-last') return runSyntheticMnar('sequential', 'last', seed, context)
  return runSyntheticMnar(arm.slice(5) as MnarMethod, 'middle', seed, context)
}
