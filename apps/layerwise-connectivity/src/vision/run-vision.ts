import type { RunOutput } from '@lemanic/eval'
import {
  barrier,
  functionSimilarity,
  layerScan,
  matchWeights,
  measureConnectivity,
  modelPair,
  type MixEvaluator,
  type Scan,
  type ScanEntry,
} from '@lemanic/fed-opt'
import { cloneParams, dispose, keep, reshape, scope, slice, type Params, type Tensor } from '@lemanic/tensor-core'
import { visionArms, type VisionArmName } from '../arms.js'
import type { ConnectivityContext } from '../engine.js'
import { stackedLogits } from '../networks/network.js'
import { barrierOf, summarize, worstAboveChord } from '../summarize.js'
import { trainStack } from '../train-pair.js'
import { pictureBatches, pictureEvaluator, type LabelledTensors } from './measure-pictures.js'
import { normMetrics, withStatistics } from './norm-networks.js'
import { subspaceControls } from './subspace-controls.js'
import { visionPair, type VisionPair } from './vision-pair.js'

/** α of the linear net's convexity test. */
const chordAlphas = [0.25, 0.5, 0.75]

/** Trains one pair of networks on pictures and measures it, on the way and at the end. */
export async function runVision(name: VisionArmName, seed: number, context: ConnectivityContext): Promise<RunOutput> {
  const { options, engine } = context
  const arm = visionArms[name]
  const pair = visionPair(arm, seed, engine.pictures(arm.set), options)
  const { network, training, sizes } = pair
  const owned: unknown[] = [pair]
  try {
    const batches = keep(scope(() => pictureBatches(pair.test)))
    owned.push(batches)
    const evaluator = pictureEvaluator(network, batches, training.loss)
    const moments = new Set(sizes.moments.map((moment) => Math.max(1, Math.round(moment * sizes.epochs))))
    const snapshots: Params[] = []
    owned.push(snapshots)
    const isPerceptron = arm.network === 'mlp' || arm.network === 'wide'
    const history: { epoch: number; full: number; layers: number[]; error: number }[] = []
    const trained = await trainStack({
      network: pair.norm === undefined ? network : { ...network, stages: pair.norm.batchStages() },
      start: pair.start,
      data: { ...pair.train, count: sizes.images },
      training,
      key: pair.key,
      report: (fraction) =>
        context.report({
          fraction: 0.8 * fraction,
          message: `seed ${seed}, epoch ${Math.round(fraction * sizes.epochs)}/${sizes.epochs}`,
        }),
      visit: {
        epochs: new Set(Array.from({ length: sizes.epochs + 1 }, (_, epoch) => epoch)),
        run(epoch, models) {
          if (isPerceptron && epoch % options.snapshotEvery === 0)
            snapshots.push(...models.map((model) => keep(scope(() => cloneParams(model)))))
          if (moments.has(epoch) && epoch < sizes.epochs) history.push({ epoch, ...momentOf(evaluator, models, pair) })
        },
      },
    })
    owned.push(trained)
    const models = withStatistics(pair, trained)
    owned.push(models)
    await context.report({ fraction: 0.85, message: `seed ${seed}, scans` })
    const two = modelPair(models[0], models[1])
    const record = measureConnectivity(evaluator, two, {
      windows: [Math.min(sizes.window, two.layers.length)],
      // eleven layers of a slower network, whose groups no claim or figure asks for
      ...(pair.norm === undefined ? {} : { orders: {}, windows: [] }),
      random: { key: pair.key.foldIn('random'), draws: sizes.draws },
    })
    history.push({ epoch: sizes.epochs, ...momentOfScan(record.full, record.singles, record.endpoints) })
    const { metrics, samples } = summarize(record)
    const more = { ...metrics, ...similarityOf(pair, models), ...trainMetrics(pair, two) }
    await context.report({ fraction: 0.9, message: `seed ${seed}, permutations` })
    if (arm.init === 'different' && pair.norm === undefined)
      Object.assign(more, matchedMetrics(pair, models, evaluator))
    if (pair.norm !== undefined) Object.assign(more, normMetrics(pair, models))
    if (arm.network === 'linear') {
      const { entries } = layerScan(evaluator, two, { alphas: chordAlphas })
      more['above chord'] = worstAboveChord(entries, chordAlphas)
    }
    if (isPerceptron) {
      const controls = subspaceControls(evaluator, two, snapshots, {
        key: pair.key.foldIn('subspace'),
        draws: sizes.draws,
      })
      Object.assign(samples, {
        subspace: controls.subspace,
        'null space': controls.nullSpace,
      })
      more['subspace full'] = controls.subspace.at(-1)!
      more['null space full'] = controls.nullSpace.at(-1)!
    }
    return {
      metrics: more,
      samples: { ...samples, 'time layers': history.flatMap(({ layers }) => layers) },
      curves: {
        full: { x: history.map(({ epoch }) => epoch), y: history.map(({ full }) => full) },
        worst: { x: history.map(({ epoch }) => epoch), y: history.map(({ layers }) => Math.max(...layers)) },
        error: { x: history.map(({ epoch }) => epoch), y: history.map(({ error }) => error) },
      },
    }
  } finally {
    dispose(owned)
  }
}

/** Barriers of single layers (mean of both bases) and of the whole model, on the way. */
function momentOf(evaluator: MixEvaluator, models: readonly Params[], pair: VisionPair) {
  const fresh = withStatistics(pair, models)
  try {
    const two = modelPair(fresh[0], fresh[1])
    const { entries, endpoints } = layerScan(evaluator, two)
    const full = barrier(evaluator, two, { bases: ['a'] })
    return momentOfScan(full, entries, endpoints)
  } finally {
    dispose(fresh)
  }
}

function momentOfScan(full: ScanEntry, singles: readonly ScanEntry[], { a, b }: Scan['endpoints']) {
  return {
    full: barrierOf(full, 'error'),
    layers: singles.map((entry) => barrierOf(entry, 'error')),
    error: 50 * (a.error! + b.error!),
  }
}

function similarityOf({ network, test }: VisionPair, models: readonly Params[]): Record<string, number> {
  return scope(() => {
    const [a, b] = models.map((model) => logitsOf(network, model, test)) as [
      ReturnType<typeof logitsOf>,
      ReturnType<typeof logitsOf>,
    ]
    const { agreement, cka, closeProbabilities } = functionSimilarity(a, b)
    return { agreement: 100 * agreement, cka, 'close probabilities': 100 * closeProbabilities }
  })
}

function logitsOf(network: VisionPair['network'], model: Params, { pictures }: LabelledTensors) {
  const one = Object.fromEntries(
    Object.entries(model).map(([key, value]) => [key, reshape(value, [1, ...value.shape])]),
  )
  const logits = stackedLogits(network, one, reshape(pictures, [1, ...pictures.shape]))
  return reshape(logits, logits.shape.slice(1))
}

/** The same barriers on pictures that model a was trained on. */
function trainMetrics(pair: VisionPair, two: ReturnType<typeof modelPair>): Record<string, number> {
  return scope(() => {
    const { train, sizes, network, training } = pair
    const [pictures, labels] = [train.pictures, train.labels].map((all) =>
      slice(all, [[0, Math.min(sizes.images, sizes.testImages)]]),
    ) as [Tensor, Tensor]
    const evaluator = pictureEvaluator(network, pictureBatches({ pictures, labels }), training.loss)
    const full = barrier(evaluator, two, { bases: ['a'] })
    const { entries } = layerScan(evaluator, two)
    return {
      'full train': barrierOf(full, 'error'),
      'worst train': Math.max(...entries.map((entry) => barrierOf(entry, 'error'))),
    }
  })
}

/** Barriers after the hidden units of model b were renumbered. */
function matchedMetrics(
  { network, key }: VisionPair,
  models: readonly [Params, Params],
  evaluator: MixEvaluator,
): Record<string, number> {
  const { params } = matchWeights(models[0], models[1], { spec: network.permutations, key: key.foldIn('match') })
  try {
    const two = modelPair(models[0], params)
    const { entries } = layerScan(evaluator, two)
    return {
      matched: barrierOf(barrier(evaluator, two, { bases: ['a'] }), 'error'),
      'matched worst': Math.max(
        ...entries.flatMap((entry) => (['a', 'b'] as const).map((base) => barrierOf(entry, 'error', 'vsMean', base))),
      ),
    }
  } finally {
    dispose(params)
  }
}
