import {
  directionInNullSpace,
  directionInSubspace,
  matchedRandom,
  trainingSubspace,
  type MixEvaluator,
  type ModelPair,
  type TrainingSubspace,
} from '@lemanic/fed-opt'
import type { Params, RandomKey } from '@lemanic/tensor-core'

/** What moves of one length cost, in percentage points of error, per layer and, last, for the whole model. */
export interface SubspaceControls {
  readonly subspace: number[]
  readonly nullSpace: number[]
}

/**
 * Moves as long as the averaging direction, inside the span of all recorded weights of both models and orthogonal to it
 * (paper §5.2). Spans are taken layer by layer.
 */
export function subspaceControls(
  evaluator: MixEvaluator,
  pair: ModelPair,
  snapshots: readonly Params[],
  options: { readonly key: RandomKey; readonly draws: number },
): SubspaceControls {
  const spans = new Map<string, TrainingSubspace>(
    pair.layers.map(({ name, keys }) => [name, trainingSubspace(snapshots, { names: keys })]),
  )
  const whole = { name: 'full', layers: pair.layers.map((_, index) => index) }
  const sets = [...pair.layers.map(({ name }, index) => ({ name, layers: [index] })), whole]
  const costs = (draw: (span: TrainingSubspace, key: RandomKey) => Params, name: string): number[] =>
    matchedRandom(evaluator, pair, {
      sets,
      draws: options.draws,
      key: options.key.foldIn(name),
      direction: (layer, key) => draw(spans.get(layer.name)!, key),
    }).map(({ points }) => (100 * (points[0]!.vsBase.error! + points[1]!.vsBase.error!)) / 2)
  return {
    subspace: costs(directionInSubspace, 'subspace'),
    nullSpace: costs(directionInNullSpace, 'null space'),
  }
}
