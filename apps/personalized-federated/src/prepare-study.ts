import { join } from 'node:path'
import { LemanicError } from '@lemanic/tensor-core'
import { hashDigits, loadDigits } from '@lemanic/datasets'
import { presetSizes } from './options.js'
import type { FederatedSettings } from './settings.js'
import { createStudy } from './study.js'

/**
 * Makes the study ready to run: fetches MNIST once (or reads `dataFolder`), and fixes its hash as part of every run.
 *
 * Throws `LemanicError` (`unknown-preset`) for a preset that the study does not have: the paper's CIFAR runs with VGG are
 * not part of it, and its MNIST table is `complete`; `DatasetError` when the digits cannot be had.
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
      `personalized-federated: expected a preset (${Object.keys(presetSizes).join(', ')}), got "${preset}"`,
      {
        fields: { preset },
        help:
          preset === 'paper'
            ? 'the 300-client table of the paper is the preset "complete"; its CIFAR runs are not part of the study'
            : 'leave --preset out for "laptop"',
      },
    )
  }
  const cacheFolder = join(settings.cacheFolder, 'datasets')
  const { digits, card } = await loadDigits({
    folder: dataFolder,
    cacheFolder,
    signal: tools.signal,
    onFetch: tools.onProgress,
  })
  const shared: FederatedSettings = {
    preset,
    cacheFolder,
    digitsHash: hashDigits(digits),
    ...(dataFolder === undefined ? {} : { dataFolder }),
  }
  return {
    study: createStudy(shared, [card]),
    worker: new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url),
    workerSettings: shared,
  }
}
