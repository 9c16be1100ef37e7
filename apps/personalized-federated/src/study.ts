import { type DataSet, defineStudy, type Preset } from '@lemanic/eval'
import { armDefinitions, type ArmName, mnistArms, regressionArms, soloArms } from './arms.js'
import { claims } from './claims.js'
import { createEngine } from './engine.js'
import { metrics } from './metrics.js'
import type { FederatedContext } from './mnist/run-digits.js'
import { type FederatedOptions, presetSizes, type Sizes } from './options.js'
import { deviations } from './report/deviations.js'
import { figures } from './report/figures.js'
import { paperFigures } from './report/paper-figures.js'
import { runArm } from './run-arm.js'
import type { FederatedSettings } from './settings.js'

const allArms: readonly ArmName[] = [...mnistArms, ...regressionArms, ...soloArms]

/** The study for one preset and one set of digits. */
export function createStudy(settings: FederatedSettings, dataSets: readonly DataSet[]) {
  const preset = settings.preset as keyof typeof presetSizes
  const sizes: Sizes = presetSizes[preset] ?? presetSizes.laptop
  const withDigits = (own: Sizes): FederatedOptions => ({ ...own, digits: settings.digitsHash.slice(0, 16) })
  const presets: Record<keyof typeof presetSizes, Preset<ArmName, FederatedOptions>> = {
    smoke: {
      description: 'A few clients and rounds, to see that everything runs.',
      arms: allArms,
      seeds: 2,
      armSeeds: Object.fromEntries([...soloArms].map((arm) => [arm, 1])),
      options: withDigits(presetSizes.smoke),
      verdicts: false,
    },
    laptop: {
      description: '40 clients in four clusters, ten seeds (digits with attackers: five): minutes on two cores.',
      arms: allArms,
      seeds: 10,
      armSeeds: { 'byzantine-digits': 5 },
      options: withDigits(presetSizes.laptop),
    },
    complete: {
      description: 'The table of the paper: 300 clients, an MLP 784-200-10, one seed. No verdicts from one seed.',
      arms: mnistArms,
      seeds: 1,
      options: withDigits(presetSizes.complete),
      verdicts: false,
    },
  }
  return defineStudy({
    name: 'personalized-federated',
    title: 'Can a client find its own kind, with liars among the others?',
    question:
      'Clients that want different models can still help those who want the same. Federated-Clustering lets each average the gradients near its own. Is that better than training alone, and does it hold when some clients lie?',
    paper: {
      title: 'Provably Personalized and Robust Federated Learning',
      authors: 'Mariel Werner, Lie He, Michael Jordan, Martin Jaggi, Sai Praneeth Karimireddy',
      year: 2023,
      venue: 'TMLR',
      url: 'https://arxiv.org/abs/2306.08393',
    },
    arms: armDefinitions,
    metrics,
    presets,
    setup: (resources: { readonly threads: number; readonly backend: string; readonly options: FederatedOptions }) =>
      createEngine(settings, resources),
    run: (arm: ArmName, seed: number, context: FederatedContext) => runArm(arm, seed, context),
    claims: claims(sizes),
    figures: (runs) => figures(runs, sizes),
    deviations: deviations(preset, sizes),
    paperFigures,
    dataSets: [...dataSets],
  })
}
