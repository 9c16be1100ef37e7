import {
  add,
  cast,
  linear,
  maximum,
  multiply,
  notEqual,
  divide,
  scope,
  softmaxCrossEntropy,
  sum,
} from '@lemanic/tensor-core'
import type { Params, Tensor } from '@lemanic/tensor-core'
import { checkSameShape, checkTokens, readMask } from './batch-check.js'
import type { BlockConfig } from './blocks/block-config.js'
import { createDropout } from './blocks/dropout.js'
import { embedTokens } from './blocks/embed-tokens.js'
import { normalize } from './blocks/layers.js'
import { placesOf } from './blocks/places.js'
import { createRotation } from './blocks/rotation.js'
import { createScoreBias } from './blocks/score-bias.js'
import type { DecoderOptions } from './config.js'
import type { ApplyContext, Decoder, TokenBatch, TrainingBatch } from './model.js'
import { nextTokenLoss } from './next-token-loss.js'
import { checkParameters, describeParameters, initializeParameters } from './parameters.js'
import { insertPauses, repeatMask, takeLastPauses } from './pause-tokens.js'
import { resolveDecoderConfig } from './resolve-config.js'
import { applyStack } from './stacks/apply-stack.js'
import { checkRouting } from './stacks/routing.js'
import type { StackOutcome } from './stacks/stack.js'

/** Logits of hidden states, […, width] → […, vocabularySize]. */
export function applyHead(config: BlockConfig, params: Params, hidden: Tensor): Tensor {
  return scope(() =>
    linear(
      config.headScale === 1 ? hidden : multiply(hidden, config.headScale),
      params[config.tiedHead ? 'embedding.weight' : 'head.weight']!,
      params['head.bias'],
    ),
  )
}

/**
 * A decoder-only language model: embedding, a stack of blocks in the configured order, a last norm, the output layer.
 * The record holds no weights; the same parameters serve every stack of the same blocks.
 *
 * Throws `LemanicError` for a configuration that cannot be built: `unknown-option` or `invalid-option`. `apply`, `loss`
 * and `hiddenStates` throw `invalid-parameters` and `invalid-batch` before any work.
 */
export function createDecoder(options: DecoderOptions): Decoder {
  const config = resolveDecoderConfig(options)
  const specs = describeParameters(config)
  const { repeats, kind, halting, haltingWeight } = config.stack
  const pauses = config.pauseTokens

  /** Hidden states after the last norm, and what the loss of a stack that halts needs besides. */
  const forward = (params: Params, { tokens, mask }: TokenBatch, context: ApplyContext): StackOutcome => {
    const { cache, routing } = context
    if (cache === undefined || !cache.knows(params)) checkParameters(specs, params)
    checkTokens('tokens', tokens, config, { past: (cache?.length ?? 0) / (pauses + 1) })
    if (routing !== undefined) checkRouting(routing, config.stack)
    const [batch, time] = tokens.shape as [number, number]
    const flags = repeatMask(readMask('mask', mask, tokens), pauses)
    const places = placesOf({ backend: tokens.backend, batch, time: time * (pauses + 1) }, flags, cache)
    const finish = (x: Tensor): Tensor => {
      const last = pauses === 0 ? x : takeLastPauses(x, pauses)
      return config.normPlacement === 'pre' ? normalize(config, params, 'final_norm', last) : last
    }
    const run = (): StackOutcome =>
      scope(() => {
        const dropout = createDropout(config.dropout, context)
        const relative =
          config.positions === 'relative'
            ? { table: params['relative_bias.weight']!, config: config.relative, bidirectional: false }
            : undefined
        const pass = {
          dropout,
          rotate: createRotation(config, places),
          scoreBias: createScoreBias(places, relative, kind === 'cotformer' ? repeats : 1),
          causal: true,
          cache,
          observe: context.observeAttention,
        }
        const names = { positions: 'position_embedding', norm: 'embedding_norm' }
        const embedded = embedTokens(config, params, names, tokens, places, dropout) // [B, T, width]
        const x = pauses === 0 ? embedded : insertPauses(embedded, params['pause_embedding.weight']!)
        const outcome = applyStack(config, params, x, pass, places, context)
        const exits = outcome.exits?.map((exit) => ({ ...exit, x: finish(exit.x) }))
        return { result: { ...outcome, x: finish(outcome.x), ...(exits && { exits }) }, held: cache?.held }
      }).result
    return cache === undefined ? run() : cache.advance(params, places, run)
  }
  const hiddenStates: Decoder['hiddenStates'] = (params, batch, context = {}) =>
    scope(() => forward(params, batch, context).x)
  const head: Decoder['head'] = (params, hidden) => applyHead(config, params, hidden)
  const apply: Decoder['apply'] = (params, batch, context) =>
    scope(() => head(params, hiddenStates(params, batch, context)))

  return {
    config,
    init: (key) => initializeParameters(specs, key),
    apply,
    loss(params, { targets, ...batch }, context = {}) {
      checkTokens('targets', targets, config, { allowed: -100 })
      checkSameShape('targets', targets, 'tokens', batch.tokens)
      return scope(() => {
        if (halting === 'none' || halting === 'mixture-of-repeats')
          return nextTokenLoss(apply(params, batch, context), { targets })
        const outcome = forward(params, batch, context)
        const own =
          outcome.exits === undefined
            ? nextTokenLoss(head(params, outcome.x), { targets })
            : exitLoss(outcome.exits, (x) => head(params, x), { targets })
        const isTraining = context.training ?? context.key !== undefined
        return isTraining ? add(own, multiply(outcome.penalty!, haltingWeight)) : own
      })
    },
    hiddenStates,
    head,
  }
}

/** Cross-entropies of all exits, weighted by the probability of each: the expected loss of an exit that is drawn. */
function exitLoss(
  exits: NonNullable<StackOutcome['exits']>,
  head: (x: Tensor) => Tensor,
  { targets }: Pick<TrainingBatch, 'targets'>,
): Tensor {
  const counted = sum(cast(notEqual(targets, -100), 'float32'))
  const parts = exits.map(({ x, probability }) =>
    sum(multiply(softmaxCrossEntropy(head(x), targets, { reduction: 'none' }), probability)),
  )
  return divide(
    parts.reduce((a, b) => add(a, b)),
    maximum(counted, 1),
  )
}
