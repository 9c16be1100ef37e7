import { add, embedding, LemanicError, linear, multiply, reshape, scope, slice } from '@lemanic/tensor-core'
import type { Params, Tensor } from '@lemanic/tensor-core'
import { checkTokens } from './batch-check.js'
import { createBlock, normalize } from './blocks.js'
import { distinctBlocks, type DecoderConfig, type DecoderOptions } from './config.js'
import { createDropout } from './dropout.js'
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

/**
 * A decoder-only language model: embedding, a stack of pre-norm blocks in the configured order, a last norm, the
 * output layer. The record holds no weights; the same parameters serve every stack of the same blocks.
 *
 * Throws `LemanicError` for a configuration that cannot be built: `unknown-option` or `invalid-option`. `apply`, `loss`
 * and `hiddenStates` throw `invalid-parameters` and `invalid-batch` before any work.
 */
export function createDecoder(options: DecoderOptions): Decoder {
  const config = resolveDecoderConfig(options)
  const specs = describeParameters(config)
  const { begin, layers, repeats, kind, repeatNorm } = config.stack

  const hiddenStates: Decoder['hiddenStates'] = (params, { tokens }, context = {}) => {
    checkParameters(specs, params)
    checkTokens('tokens', tokens, config)
    return scope(() => {
      const dropout = createDropout(config.dropout, context)
      const blocks = Array.from({ length: distinctBlocks(config.stack) }, (_, i) =>
        createBlock(config, params, `blocks.${i}`, dropout),
      )
      const parts: StackParts = {
        begin: blocks.slice(0, begin),
        middle: blocks.slice(begin, begin + layers),
        end: blocks.slice(begin + layers),
        repeats,
        enterRepeat: (x, repeat) => addDepthEmbedding(config, params, x, repeat),
        leaveRepeat: (x) => (repeatNorm ? normalize(config, params, 'repeat_norm', x) : x),
      }
      let x = embedding(params['embedding.weight']!, tokens) // [B, T, width]
      if (config.positions === 'learned')
        x = add(x, slice(params['position_embedding.weight']!, [[0, tokens.shape[1]!]]))
      return normalize(config, params, 'final_norm', stacks[kind](parts, dropout(x)))
    })
  }
  const head: Decoder['head'] = (params, hidden) =>
    linear(hidden, params[config.tiedHead ? 'embedding.weight' : 'head.weight']!)
  const apply: Decoder['apply'] = (params, batch, context) =>
    scope(() => head(params, hiddenStates(params, batch, context)))

  return {
    config,
    init: (key) => initializeParameters(specs, key),
    apply,
    loss(params, { tokens, targets }, context) {
      checkTokens('targets', targets, config, -100)
      if (targets.shape.some((length, axis) => length !== tokens.shape[axis])) {
        throw new LemanicError(
          'invalid-batch',
          `targets: expected the shape of the tokens, [${tokens.shape.join(', ')}], got [${targets.shape.join(', ')}]`,
        )
      }
      return scope(() => nextTokenLoss(apply(params, { tokens }, context), { targets }))
    },
    hiddenStates,
    head,
  }
}
