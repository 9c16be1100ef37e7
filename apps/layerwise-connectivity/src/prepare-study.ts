import { DatasetError } from '@lemanic/datasets'
import type { DataSet } from '@lemanic/eval'
import { LemanicError } from '@lemanic/tensor-core'
import { loadPictures, pictureSetNames, type PictureSet, type PictureSetName } from './data/pictures.js'
import { loadText, textCard } from './data/text.js'
import { hashData } from './engine.js'
import { presetSizes } from './options.js'
import type { ConnectivitySettings } from './settings.js'
import { createStudy } from './study.js'

/**
 * Makes the study ready to run: fetches MNIST and Fashion-MNIST once (or reads them from the folders of these names below
 * `dataFolder`), and fixes the hash of all data as part of every run. Without Fashion-MNIST its arms are left out.
 *
 * Throws `LemanicError` (`unknown-preset`) for a preset that the study does not have; `DatasetError` when MNIST cannot be
 * had.
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
  const { preset, dataFolder, cacheFolder } = settings
  if (!Object.hasOwn(presetSizes, preset)) {
    throw new LemanicError(
      'unknown-preset',
      `layerwise-connectivity: expected a preset (${Object.keys(presetSizes).join(', ')}), got "${preset}"`,
      {
        fields: { preset },
        help:
          preset === 'paper'
            ? 'the paper trains on CIFAR, which comes with no package; "complete" is the largest preset'
            : 'leave --preset out for "laptop"',
      },
    )
  }
  const sets = new Map<PictureSetName, PictureSet>()
  const cards: DataSet[] = []
  for (const name of pictureSetNames) {
    try {
      const { pictures, card } = await loadPictures(name, {
        folder: dataFolder,
        cacheFolder,
        signal: tools.signal,
        onFetch: tools.onProgress,
      })
      sets.set(name, pictures)
      cards.push(card)
    } catch (error) {
      if (name === 'mnist' || !(error instanceof DatasetError) || error.code !== 'data-set-missing') throw error
      tools.onProgress(`Without Fashion-MNIST, whose arms are left out: ${error.message}`)
    }
  }
  const shared: ConnectivitySettings = {
    preset,
    cacheFolder,
    dataHash: hashData(sets, loadText()),
    pictureSets: [...sets.keys()].join(','),
    ...(dataFolder === undefined ? {} : { dataFolder }),
  }
  return {
    study: createStudy(shared, [...cards, textCard]),
    worker: new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url),
    workerSettings: shared,
  }
}
