import { DatasetError } from './dataset-error.js'
import type { FetchedDataSet } from './fetched-data-set.js'
import { readIdx } from './read-idx.js'

/** Pictures of one size with their labels. */
export interface LabelledImages {
  readonly count: number
  readonly height: number
  readonly width: number
  /** Grey values 0 to 255, [count, height, width] in row-major order. */
  readonly pixels: Uint8Array
  /** One label a picture, from 0. */
  readonly labels: Uint8Array
}

/**
 * The training and test pictures of a data set in the format of MNIST (`mnist`, `fashion-mnist`).
 *
 * Throws `DatasetError` (`invalid-file`) when pictures and labels do not fit each other.
 */
export async function readImageSet(dataSet: FetchedDataSet): Promise<{ train: LabelledImages; test: LabelledImages }> {
  const find = (part: string): string => dataSet.files.find((file) => file.includes(part)) ?? part
  const read = async (part: 'train' | 't10k'): Promise<LabelledImages> => {
    const [imageFile, labelFile] = [find(`${part}-images`), find(`${part}-labels`)]
    const images = readIdx(await dataSet.read(imageFile), imageFile)
    const labels = readIdx(await dataSet.read(labelFile), labelFile)
    const [count, height, width] = images.shape
    if (
      images.shape.length !== 3 ||
      labels.shape.length !== 1 ||
      labels.shape[0] !== count ||
      !(images.data instanceof Uint8Array) ||
      !(labels.data instanceof Uint8Array)
    ) {
      throw new DatasetError(
        'invalid-file',
        `${dataSet.name}: expected bytes of shape [count, height, width] and [count], got [${images.shape.join(', ')}] in ${imageFile} and [${labels.shape.join(', ')}] in ${labelFile}`,
      )
    }
    return { count: count!, height: height!, width: width!, pixels: images.data, labels: labels.data }
  }
  return { train: await read('train'), test: await read('t10k') }
}
