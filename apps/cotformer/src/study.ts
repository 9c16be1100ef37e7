import { samplerOrderNames } from '@lemanic/curriculum'
import { type DataSet, defineStudy, type Preset } from '@lemanic/eval'
import {
  adaptiveArms,
  allArms,
  type ArmName,
  describeArms,
  mainArms,
  otherArms,
  table1Arms,
  table2Arms,
} from './arms.js'
import { claims } from './claims.js'
import { completeClaims } from './claims-complete.js'
import { createEngine } from './engine.js'
import { metrics } from './metrics.js'
import { type CotformerOptions, laptopSizes, paperSizes, smokeSizes } from './options.js'
import { probeArm } from './probe-arm.js'
import { deviations } from './report/deviations.js'
import { figures } from './report/figures.js'
import { paperFigures } from './report/paper-figures.js'
import { runArm } from './run-arm.js'
import type { CotformerSettings } from './settings.js'

/** The sizes of each preset. */
export const presetSizes = {
  smoke: smokeSizes,
  laptop: laptopSizes,
  complete: laptopSizes,
  paper: paperSizes,
} as const

/** The p-hop probe is no study of the paper. */
const isOfPreset =
  (preset: string) =>
  ({ id }: { readonly id: string }): boolean =>
    preset !== 'paper' || !id.startsWith('P-')

/** At the paper's size the model that repeats all its distinct layers is a cell of Table 1 already. */
const isOfPaper = (arm: ArmName): boolean => arm !== 'distinct-cotformer'

/** The study for one preset and one text: titles and deviations name the sizes of that preset. */
export function createStudy(settings: CotformerSettings, dataSets: readonly DataSet[]) {
  const preset = settings.preset as keyof typeof presetSizes
  const sizes = presetSizes[preset] ?? laptopSizes
  const corpus = settings.corpusHash.slice(0, 16)
  const withCorpus = (own: Omit<CotformerOptions, 'corpus'>): CotformerOptions => ({ corpus, ...own })
  const presets: Record<keyof typeof presetSizes, Preset<ArmName, CotformerOptions>> = {
    smoke: {
      description: 'Tiny models and a dozen steps, to see that everything runs.',
      arms: allArms,
      seeds: 2,
      options: withCorpus(smokeSizes),
      verdicts: false,
    },
    laptop: {
      description: 'Five small models, eight seeds each: minutes on two cores.',
      arms: mainArms,
      seeds: 8,
      options: withCorpus(laptopSizes),
    },
    complete: {
      description: 'All arms and tables, eight seeds each: two and a half hours on two slow cores.',
      arms: allArms,
      seeds: 8,
      options: withCorpus(laptopSizes),
    },
    paper: {
      description: 'The published configuration: days on a GPU.',
      arms: [...mainArms, ...table1Arms, ...table2Arms, ...adaptiveArms, ...otherArms].filter(isOfPaper),
      seeds: 3,
      options: withCorpus(paperSizes),
    },
  }
  return defineStudy({
    name: 'cotformer',
    title: 'Does attending to earlier repeats help a looped transformer?',
    question:
      'A transformer that applies its layers several times gets deeper for free. CoTFormer lets each repeat look at what the repeats before it computed. Does that lower the loss, and against what?',
    paper: {
      title: 'CoTFormer: A Chain-of-Thought Driven Architecture with Budget-Adaptive Computation Cost at Inference',
      authors: 'Amirkeivan Mohtashami, Matteo Pagliardini, Martin Jaggi',
      year: 2025,
      venue: 'ICLR',
      url: 'https://arxiv.org/abs/2310.10845',
    },
    arms: describeArms(sizes),
    metrics,
    presets,
    dataOrders: samplerOrderNames,
    setup: (resources: { readonly threads: number; readonly backend: string; readonly options: CotformerOptions }) =>
      createEngine(settings, resources),
    probe: probeArm,
    run: runArm,
    claims: preset === 'laptop' ? claims : [...claims, ...completeClaims.filter(isOfPreset(preset))],
    figures: (runs) => figures(runs, sizes),
    deviations: deviations(preset, sizes),
    paperFigures: paperFigures(preset),
    dataSets: [...dataSets],
  })
}
