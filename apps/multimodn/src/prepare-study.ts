import { join } from 'node:path'
import { LemanicError } from '@lemanic/tensor-core'
import { loadData } from './data/load-data.js'
import { presetSizes } from './options.js'
import type { MultiModNSettings } from './settings.js'
import { createStudy } from './study.js'

/**
 * Makes the study ready to run: fetches its data sets once (or reads `dataFolder`), and fixes their hash as part of every
 * run. A set that cannot be had (without apt the R packages' tables, without a network any) is named, and arms and claims
 * that need it have no verdict; the synthetic set is always there.
 *
 * Throws `LemanicError` (`unknown-preset`) for a preset that the study does not have: the paper's data are private or
 * credentialed, so there is no preset `paper`.
 */
export async function prepareStudy(
  settings: {
    readonly preset: string
    readonly backend: string
    readonly dataFolder?: string
    readonly cacheFolder: string
  },
  tools: { readonly onProgress: (message: string) => void; readonly signal: AbortSignal },
) {
  const { preset, dataFolder } = settings
  if (!Object.hasOwn(presetSizes, preset)) {
    throw new LemanicError(
      'unknown-preset',
      `multimodn: expected a preset (${Object.keys(presetSizes).join(', ')}), got "${preset}"`,
      {
        fields: { preset },
        help:
          preset === 'paper'
            ? 'the paper’s data are credentialed (MIMIC) or private (EDU); "complete" is the largest preset'
            : 'leave --preset out for "laptop"',
      },
    )
  }
  const cacheFolder = join(settings.cacheFolder, 'datasets')
  const data = await loadData({
    cacheFolder,
    folder: dataFolder,
    rows: presetSizes[preset as keyof typeof presetSizes].rows,
    signal: tools.signal,
    onFetch: tools.onProgress,
  })
  for (const [name, reason] of Object.entries(data.missing)) tools.onProgress(`Without ${name}: ${reason}`)
  const shared: MultiModNSettings = {
    preset,
    cacheFolder,
    missing: Object.keys(data.missing),
    hasHaim: data.families.haim !== undefined,
    dataHash: data.hash,
    ...(dataFolder === undefined ? {} : { dataFolder }),
  }
  return {
    study: createStudy(shared, { cards: data.cards, families: Object.values(data.families), reasons: data.missing }),
    worker: new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url),
    workerSettings: shared,
  }
}
