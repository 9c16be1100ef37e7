import { applyAggregator } from '../aggregators/apply.js'
import type { Aggregator } from '../aggregators/aggregator.js'
import { mean } from '../aggregators/mean.js'
import { layerGroups, type LayerGroup } from '../connectivity/layer-groups.js'
import { scatter } from '../clients/train-by-gradients.js'
import { argumentError } from '../refuse.js'
import { nested, stateOf, unnested, type FederatedAlgorithm, type StepOptions } from './algorithm.js'
import { checkSteps } from './check-steps.js'

/**
 * Which layers are averaged. `prefix` and `suffix` count layers from the input and from the output; `outer` takes so many
 * at each end, `middle` all but these; `rotating` one layer a round, in order; `list` names layers (see `layerGroups`).
 */
export type LayerPolicy =
  | { readonly kind: 'none' | 'all' | 'rotating' }
  | { readonly kind: 'prefix' | 'suffix' | 'outer' | 'middle'; readonly layers: number }
  | { readonly kind: 'list'; readonly names: readonly string[] }

export interface PartialAveragingOptions extends StepOptions {
  readonly policy: LayerPolicy
  /** Default `mean()`, weighted by examples. */
  readonly aggregator?: Aggregator
}

/**
 * Clients train their own models; after each round the chosen layers of all participants become their average, the
 * others stay personal. All layers is FedAvg, none is local training.
 *
 * Adilova, Andriushchenko, Kamp, Fischer, Jaggi, "Layer-wise Linear Mode Connectivity", 2024 (arXiv 2307.06966), §6.
 * Deviations: the reference code keeps the clients' optimizer momentum across rounds; here it starts at 0 in each.
 */
export function partialAveraging(options: PartialAveragingOptions): FederatedAlgorithm {
  checkSteps('partialAveraging', options)
  const { policy, aggregator = mean(), learningRate, momentum = 0 } = options
  return {
    name: `partial-averaging(${describe(policy)})`,
    init(clients, key) {
      const start = clients.init(key, 1)
      chosenParts(layerGroups(Object.keys(start.parts)), policy, 0)
      return stateOf({ models: start.select(new Int32Array(clients.count)) })
    },
    round({ rows }, context) {
      const { clients, participants, steps, firstBatch, key, round } = context
      const models = rows.models!
      const trained = clients.train({
        models: models.select(participants),
        clients: participants,
        steps,
        firstBatch,
        learningRate,
        momentum,
        key: key.foldIn('train'),
      }).models
      const parts = chosenParts(layerGroups(Object.keys(models.parts)), policy, round)
      context.report('parts', parts)
      if (parts.length === 0) return stateOf({ models: scatter(models, participants, trained) })
      const { points, weights, senders } = context.deliver({ points: trained, senders: participants })
      const { value, state } = applyAggregator(aggregator, points, {
        key: key.foldIn('aggregate'),
        round,
        weights,
        senders,
        state: unnested('aggregator', rows),
      })
      context.broadcast(value, senders.length)
      const everywhere = value.select(new Int32Array(participants.length))
      return stateOf({
        models: scatter(models, participants, trained.replaceParts(parts, everywhere)),
        ...nested('aggregator', state ?? {}),
      })
    },
    models: ({ rows }) => rows.models!.select(Int32Array.from({ length: rows.models!.count }, (_, i) => i)),
  }
}

/** Names of the parameters that a policy averages in a round. */
export function chosenParts(layers: readonly LayerGroup[], policy: LayerPolicy, round: number): string[] {
  const select = (isChosen: (index: number) => boolean): string[] =>
    layers.filter((_, index) => isChosen(index)).flatMap(({ keys }) => [...keys])
  if ('layers' in policy && !(Number.isInteger(policy.layers) && policy.layers >= 0 && policy.layers <= layers.length))
    throw argumentError(
      'partialAveraging',
      `layers: expected a whole number from 0 to ${layers.length}, got ${policy.layers}`,
    )
  switch (policy.kind) {
    case 'none':
      return []
    case 'all':
      return select(() => true)
    case 'rotating':
      return select((index) => index === round % layers.length)
    case 'prefix':
      return select((index) => index < policy.layers)
    case 'suffix':
      return select((index) => index >= layers.length - policy.layers)
    case 'outer':
      return select((index) => index < policy.layers || index >= layers.length - policy.layers)
    case 'middle':
      return select((index) => index >= policy.layers && index < layers.length - policy.layers)
    case 'list': {
      const known = layers.map(({ name }) => name)
      const unknown = policy.names.find((name) => !known.includes(name))
      if (unknown !== undefined)
        throw argumentError('partialAveraging', `names: there is no layer "${unknown}"`, {
          help: `layers are ${known.join(', ')}`,
        })
      return select((index) => policy.names.includes(known[index]!))
    }
  }
}

function describe(policy: LayerPolicy): string {
  if ('layers' in policy) return `${policy.kind} ${policy.layers}`
  return policy.kind === 'list' ? policy.names.join(' ') : policy.kind
}
