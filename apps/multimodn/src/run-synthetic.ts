import { leastSquaresSlope, type RunOutput } from '@lemanic/eval'
import { binaryTask, perceptronEncoder, predictGrid, scoreGrid } from '@lemanic/multimodal'
import { dispose, randomKey } from '@lemanic/tensor-core'
import type { syntheticArms } from './arms.js'
import { syntheticData } from './data/synthetic.js'
import { methodOf } from './methods.js'
import { modelSizes } from './options.js'
import type { MultiModNContext } from './run-real.js'
import { trainMethod } from './train-method.js'

/** Features of the modality that holds nothing. */
const noiseWidth = 16

/** Encoders and shapes for the modalities of synthetic data, in an order. */
export function syntheticParts(widths: Readonly<Record<string, number>>) {
  return {
    shapes: Object.fromEntries(Object.entries(widths).map(([name, width]) => [name, [width]])),
    encoders: (dropout: number) =>
      Object.fromEntries(
        Object.entries(widths).map(([name, inputs]) => [
          name,
          perceptronEncoder({ inputs, hidden: [modelSizes.hidden], dropout }),
        ]),
      ),
  }
}

/** One method on one draw of the generator, of which the best possible AUROC is known. Nothing is missing. */
export async function runSynthetic(
  arm: (typeof syntheticArms)[number],
  seed: number,
  context: MultiModNContext,
): Promise<RunOutput> {
  const { options, signal, report } = context
  const { training, test: testRows, epochs } = options.synthetic
  const directions = randomKey(31).foldIn(seed)
  const make = (part: string, rows: number) =>
    syntheticData({
      rows,
      directions,
      key: randomKey(37).foldIn(part).foldIn(seed),
      noise: arm === 'synthetic-noise' ? noiseWidth : 0,
    })
  const [data, test] = [make('training', training), make('test', testRows)]
  const tasks = arm === 'synthetic-multi' ? ['first', 'second'] : ['first']
  const widths = Object.fromEntries(Object.entries(data.modalities).map(([name, { shape }]) => [name, shape[0]!]))
  const { model, params } = await trainMethod(
    methodOf(arm === 'synthetic-parallel' ? 'parallel' : 'sequential'),
    { ...syntheticParts(widths), tasks: Object.fromEntries(tasks.map((task) => [task, binaryTask()])) },
    {
      data,
      epochs,
      key: randomKey(41).foldIn(seed),
      signal,
      onEpoch: (fraction) => report({ fraction, message: `seed ${seed}` }),
    },
  )
  const rows = scoreGrid(await predictGrid({ model, params, data: test }), test)
  dispose(params)
  const losses = rows.map(({ tasks: scores }) => scores['first']!['logLoss']!)
  const aurocs = rows.map(({ tasks: scores }) => scores['first']!['auroc']!)
  return {
    metrics: {
      'auroc synthetic': aurocs.at(-1)!,
      'loss slope': leastSquaresSlope(
        losses.map((_, at) => at),
        losses,
      ),
      'largest step': Math.max(...losses.slice(1).map((loss, at) => loss - losses[at]!)),
    },
    samples: { 'rows synthetic': aurocs, 'losses synthetic': losses },
  }
}
