import { leastSquaresSlope, type RunOutput } from '@lemanic/eval'
import {
  createMultiModN,
  createParallelFusion,
  imageEncoder,
  imageModalities,
  missingCompletelyAtRandom,
  multiClassTask,
  type MultimodalData,
  perceptronDecoder,
  predictGrid,
  scoreGrid,
  withMissing,
} from '@lemanic/multimodal'
import type { LabelledImages } from '@lemanic/datasets'
import { dispose, randomKey, randomPermutation, type RandomKey } from '@lemanic/tensor-core'
import type { digitsArms } from './arms.js'
import type { Method } from './methods.js'
import { modelSizes } from './options.js'
import type { MultiModNContext } from './run-real.js'
import { trainMethod } from './train-method.js'

/** Shares of quadrants that are missing in tests. */
export const digitShares = [0, 0.25, 0.5, 0.75] as const
const quadrants = ['part 0 0', 'part 0 1', 'part 1 0', 'part 1 1']

function quartered(images: LabelledImages, count: number, key: RandomKey): MultimodalData {
  const rows = randomPermutation(key, images.count).subarray(0, count)
  const size = images.height * images.width
  const pixels = new Uint8Array(count * size)
  rows.forEach((row, at) => pixels.set(images.pixels.subarray(row * size, (row + 1) * size), at * size))
  return {
    rows: count,
    modalities: imageModalities({ count, height: images.height, width: images.width, pixels }, { rows: 2, columns: 2 }),
    targets: {
      digit: {
        width: 1,
        values: Float32Array.from(rows, (row) => images.labels[row]!),
        known: new Uint8Array(count).fill(1),
      },
    },
  }
}

/** MNIST in four quadrants with convolutional encoders; a quarter of the quadrants is missing at random in training. */
export async function runDigits(
  arm: (typeof digitsArms)[number],
  seed: number,
  context: MultiModNContext,
): Promise<RunOutput> {
  const { engine, options, signal, report } = context
  const digits = engine.data.digits
  if (digits === undefined) return { metrics: {} }
  const { training, test: testRows, epochs } = options.digits
  const key = randomKey(53).foldIn(seed)
  const hide = (data: MultimodalData, share: number, own: RandomKey): MultimodalData =>
    share === 0
      ? data
      : withMissing(
          data,
          missingCompletelyAtRandom({ rows: data.rows, modalities: 4, probability: share, exact: true, key: own }),
          quadrants,
        )
  const whole = quartered(digits.train, training, key.foldIn('training'))
  const test = quartered(digits.test, testRows, key.foldIn('test'))
  const encoders = Object.fromEntries(
    quadrants.map((name) => [
      name,
      imageEncoder({ height: digits.train.height / 2, width: digits.train.width / 2, filters: [8, 16], hidden: 32 }),
    ]),
  )
  const decoders = { digit: perceptronDecoder(multiClassTask({ classes: 10 })) }
  const shapes = Object.fromEntries(quadrants.map((name) => [name, whole.modalities[name]!.shape]))
  const method: Method = {
    title: arm,
    model: () =>
      arm === 'digits-sequential'
        ? createMultiModN({ stateSize: modelSizes.state, encoders, decoders })
        : createParallelFusion({
            inputShapes: shapes,
            encoders,
            decoders,
            embeddingSize: 32,
            hidden: [64],
            fill: 'mask-token',
          }),
  }
  const { model, params } = await trainMethod(
    method,
    { shapes, encoders: () => encoders, tasks: { digit: multiClassTask({ classes: 10 }) } },
    {
      data: hide(whole, 0.25, key.foldIn('missing')),
      epochs,
      key,
      signal,
      onEpoch: (fraction) => report({ fraction, message: `seed ${seed}` }),
    },
  )
  const metrics: Record<string, number> = {}
  const samples: Record<string, number[]> = {}
  for (const share of digitShares) {
    const data = hide(test, share, key.foldIn('test missing'))
    const rows = scoreGrid(await predictGrid({ model, params, data }), data)
    metrics[`accuracy ${100 * share}`] = 100 * rows.at(-1)!.tasks['digit']!['accuracy']!
    if (share > 0) continue
    const losses = rows.map(({ tasks }) => tasks['digit']!['logLoss']!)
    metrics['loss slope'] = leastSquaresSlope(
      losses.map((_, at) => at),
      losses,
    )
    samples['rows digits'] = rows.map(({ tasks }) => tasks['digit']!['accuracy']!)
  }
  dispose(params)
  return { metrics, samples }
}
