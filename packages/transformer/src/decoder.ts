import { add, linear, multiply, reshape, scope, slice, stopGradient } from '@lemanic/tensor-core'
import type { Params, Tensor } from '@lemanic/tensor-core'
import { checkSameShape, checkTokens, readMask } from './batch-check.js'
import { createBlock } from './blocks/block.js'
import type { BlockConfig } from './blocks/block-config.js'
import { createDropouts } from './blocks/dropout.js'
import { embedTokens } from './blocks/embed-tokens.js'
import { normalize } from './blocks/layers.js'
import { placesOf, type Places } from './blocks/places.js'
import { createRotation } from './blocks/rotation.js'
import { createScoreBias } from './blocks/score-bias.js'
import { distinctBlocks, type DecoderConfig, type DecoderOptions } from './config.js'
import type { Decoder } from './model.js'
import { nextTokenLoss } from './next-token-loss.js'
import { checkParameters, describeParameters, initializeParameters } from './parameters.js'
import { resolveDecoderConfig } from './resolve-config.js'
import { blockUniversalStack } from './stacks/block-universal.js'
import { cotformerStack } from './stacks/cotformer.js'
import type { StackParts } from './stacks/stack.js'
import { standardStack } from './stacks/standard.js'

const stacks = { standard: standardStack, 'block-universal': blockUniversalStack, cotformer: cotformerStack } as const

/** What is added before a repeat (from 1): (R − repeat)·e, or row R − repeat of a table. */
function addDepthEmbedding(
  { stack: { depthEmbedding, repeats }, width }: DecoderConfig,
  params: Params,
  x: Tensor,
  repeat: number,
): Tensor {
  const left = repeats - repeat
  if (depthEmbedding === 'none' || (depthEmbedding === 'linear' && left === 0)) return x
  const table = params['depth_embedding.weight']!
  const vector = depthEmbedding === 'linear' ? multiply(table, left) : slice(table, [[left, left + 1]])
  return add(x, reshape(vector, [width]))
}

/** Logits of hidden states, […, width] → […, vocabularySize]. */
export function applyHead(config: BlockConfig, params: Params, hidden: Tensor): Tensor {
  return scope(() =>
    linear(
      config.headScale === 1 ? hidden : multiply(hidden, config.headScale),
      params[config.tiedHead ? 'embedding.weight' : 'head.weight']!,
      config.headBias === 'fixed' ? stopGradient(params['head.bias']!) : params['head.bias'],
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
  const { begin, layers, repeats, kind, repeatNorm } = config.stack
  const blockNames = Array.from({ length: distinctBlocks(config.stack) }, (_, i) => `blocks.${i}`)

  const hiddenStates: Decoder['hiddenStates'] = (params, { tokens, mask }, context = {}) => {
    const { cache, frame } = context
    if (frame === undefined) {
      if (cache === undefined || !cache.knows(params)) checkParameters(specs, params)
      checkTokens('tokens', tokens, config, { past: cache?.length ?? 0 })
    }
    const [batch, time] = tokens.shape as [number, number]
    const size = { backend: tokens.backend, batch, time }
    const places: Places = frame ? { ...size, past: 0, frame } : placesOf(size, readMask('mask', mask, tokens), cache)
    const pass = (): Tensor =>
      scope(() => {
        const dropout = createDropouts(config, context)
        const relative =
          config.positions === 'relative'
            ? { table: params['relative_bias.weight']!, config: config.relative, bidirectional: false }
            : undefined
        const shared = {
          dropout,
          rotate: createRotation(config, places),
          scoreBias: createScoreBias(places, relative, kind === 'cotformer' ? repeats : 1),
          causal: true,
          cache: frame ?? cache,
        }
        const blocks = blockNames.map((name) => createBlock(config, params, name, shared))
        const parts: StackParts = {
          begin: blocks.slice(0, begin),
          middle: blocks.slice(begin, begin + layers),
          end: blocks.slice(begin + layers),
          repeats,
          enterRepeat: (x, repeat) => addDepthEmbedding(config, params, x, repeat),
          leaveRepeat: (x) => (repeatNorm ? normalize(config, params, 'repeat_norm', x) : x),
        }
        const names = { positions: 'position_embedding', norm: 'embedding_norm' }
        const embedded = embedTokens(config, params, names, tokens, places, dropout.residual) // [B, T, width]
        const x = stacks[kind](parts, embedded)
        const result = config.normPlacement === 'pre' ? normalize(config, params, 'final_norm', x) : x
        return { result: dropout.final(result), held: (frame ?? cache)?.held }
      }).result
    return cache === undefined ? pass() : cache.advance(params, places, pass)
  }
  const head: Decoder['head'] = (params, hidden) => applyHead(config, params, hidden)
  const apply: Decoder['apply'] = (params, batch, context) =>
    scope(() => head(params, hiddenStates(params, batch, context)))

  return {
    config,
    init: (key) => initializeParameters(specs, key),
    apply,
    loss(params, { targets, ...batch }, context) {
      checkTokens('targets', targets, config, { allowed: -100 })
      checkSameShape('targets', targets, 'tokens', batch.tokens)
      return scope(() => nextTokenLoss(apply(params, batch, context), { targets }))
    },
    hiddenStates,
    head,
  }
}
