import { join } from 'node:path'
import { LemanicError } from '@lemanic/tensor-core'
import { hashData, loadData } from './data.js'
import { presetSizes } from './options.js'
import type { LaserSettings } from './settings.js'
import { createStudy } from './study.js'

/**
 * Makes the study ready to run: fetches MNIST (or reads `dataFolder`) and the Brown corpus once, and fixes their hash as part
 * of every run.
 *
 * Throws `LemanicError` (`unknown-preset`) for a preset that the study does not have; `DatasetError` when data cannot be had.
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
      `laser: expected a preset (${Object.keys(presetSizes).join(', ')}), got "${preset}"`,
      {
        fields: { preset },
        help:
          preset === 'paper'
            ? 'the published sizes (GPT-2 on WikiText-103, 16 workers) need many accelerators; "complete" is the largest preset'
            : 'leave --preset out for "laptop"',
      },
    )
  }
  const cacheFolder = join(settings.cacheFolder, 'datasets')
  const { data, cards } = await loadData({
    folder: dataFolder,
    cacheFolder,
    signal: tools.signal,
    onFetch: tools.onProgress,
  })
  const shared: LaserSettings = {
    preset,
    cacheFolder,
    tuningFolder: join(settings.cacheFolder, 'laser-tuning'),
    dataHash: hashData(data),
    ...(dataFolder === undefined ? {} : { dataFolder }),
  }
  return {
    study: createStudy(shared, cards),
    worker: new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url),
    workerSettings: shared,
  }
}
