import { fetchDataset, readImageSet, type LabelledImages } from '@lemanic/datasets'
import type { DataSet } from '@lemanic/eval'
import { tensor, type Tensor } from '@lemanic/tensor-core'
import { join } from 'node:path'

/** The picture sets of the study. */
export const pictureSetNames = ['mnist', 'fashion-mnist'] as const
export type PictureSetName = (typeof pictureSetNames)[number]

/** Pictures, split as published. */
export interface PictureSet {
  readonly train: LabelledImages
  readonly test: LabelledImages
}

/**
 * A picture set: from the folder of its name below `folder` if given (four IDX files, packed or not), else from the cache,
 * else fetched once.
 *
 * Throws `DatasetError` with where it was looked for and the option that points to a folder.
 */
export async function loadPictures(
  name: PictureSetName,
  options: {
    readonly folder?: string | undefined
    readonly cacheFolder: string
    readonly offline?: boolean
    readonly signal?: AbortSignal
    readonly onFetch?: (message: string) => void
  },
): Promise<{ pictures: PictureSet; card: DataSet }> {
  const { folder, cacheFolder, ...rest } = options
  const dataSet = await fetchDataset(name, {
    ...rest,
    cache: join(cacheFolder, 'datasets'),
    folder: folder === undefined ? undefined : join(folder, name),
  })
  return { pictures: await readImageSet(dataSet), card: dataSet.card }
}

/** Chosen pictures as tensors [count, height, width, 1], grey values 0 … 1, and labels [count]. */
export function pick(
  from: LabelledImages,
  indices: ArrayLike<number>,
): { readonly pictures: Tensor; readonly labels: Tensor } {
  const pixels = from.height * from.width
  const grey = new Float32Array(indices.length * pixels)
  const labels = new Int32Array(indices.length)
  for (let at = 0; at < indices.length; at++) {
    const picture = indices[at]!
    for (let k = 0; k < pixels; k++) grey[at * pixels + k] = from.pixels[picture * pixels + k]! / 255
    labels[at] = from.labels[picture]!
  }
  return {
    pictures: tensor(grey, [indices.length, from.height, from.width, 1]),
    labels: tensor(labels, [indices.length]),
  }
}
