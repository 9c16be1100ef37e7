/**
 * Encoder–decoder transformers (Vaswani et al. 2017; BART, Lewis et al. 2020; T5, Raffel et al. 2020) from the same
 * blocks as the decoders: the encoder's see all of the source, the decoder's see what was decoded and attend to the
 * encoder's result between their two parts.
 */
import { scope } from '@lemanic/tensor-core'
import type { Params, Tensor } from '@lemanic/tensor-core'
import { batchError, checkSameShape, checkTokens, readMask } from './batch-check.js'
import type { Source } from './blocks/attention.js'
import { createBlock } from './blocks/block.js'
import type { DecodingFrame } from './blocks/decoding-frame.js'
import { createDropouts, noDropout, type Dropouts } from './blocks/dropout.js'
import { embedTokens } from './blocks/embed-tokens.js'
import type { CacheSlot, KeyValueCache } from './blocks/key-value-cache.js'
import { normalize } from './blocks/layers.js'
import { placesOf, type Places } from './blocks/places.js'
import { createRotation } from './blocks/rotation.js'
import { createScoreBias, paddingBias } from './blocks/score-bias.js'
import type { EncoderDecoderConfig, EncoderDecoderOptions } from './config.js'
import { applyHead } from './decoder.js'
import type { EncoderDecoder } from './model.js'
import { nextTokenLoss } from './next-token-loss.js'
import { checkParameters, describeEncoderDecoderParameters, initializeParameters } from './parameters.js'
import { resolveEncoderDecoderConfig } from './resolve-config.js'

interface Side {
  readonly places: Places
  readonly dropout: Dropouts
  readonly source?: Source
  readonly cache?: { slot(): CacheSlot } | undefined
}

/** One of the two stacks, from tokens to the last norm: int32 [B, T] → [B, T, width]. */
function applySide(
  config: EncoderDecoderConfig,
  params: Params,
  side: 'encoder' | 'decoder',
  tokens: Tensor,
  { places, dropout, source, cache }: Side,
): Tensor {
  const table = params[`${side}.relative_bias.weight`]
  const pass = {
    dropout,
    rotate: createRotation(config, places),
    scoreBias: createScoreBias(places, table && { table, config: config.relative, bidirectional: side === 'encoder' }),
    causal: side === 'decoder',
    cache,
  }
  const names = { positions: `${side}.position_embedding`, norm: `${side}.embedding_norm` }
  let x = embedTokens(config, params, names, tokens, places, dropout.residual) // [B, T, width]
  const layers = side === 'encoder' ? config.encoderLayers : config.decoderLayers
  for (let i = 0; i < layers; i++) x = createBlock(config, params, `${side}.blocks.${i}`, pass, source)(x)
  return dropout.final(config.normPlacement === 'pre' ? normalize(config, params, `${side}.final_norm`, x) : x)
}

/** The pass over one decoded token of each row in a step that is recorded. */
function recordedStep(config: EncoderDecoderConfig, params: Params, tokens: Tensor, frame: DecodingFrame): Tensor {
  const { encoded, sourcePadding: bias } = frame.tensors
  const places = { backend: tokens.backend, batch: tokens.shape[0]!, time: 1, past: 0, frame }
  const source = { hidden: encoded!, bias }
  const side = { places, dropout: noDropout, source, cache: frame }
  return scope(() => ({ result: applySide(config, params, 'decoder', tokens, side), held: frame.held })).result
}

/**
 * A model that reads one sequence and writes another: two stacks of blocks over one embedding, and the output layer.
 *
 * Throws `LemanicError` for a configuration that cannot be built: `unknown-option` or `invalid-option`. Its functions
 * throw `invalid-parameters` and `invalid-batch` before any work.
 */
export function createEncoderDecoder(options: EncoderDecoderOptions): EncoderDecoder {
  const config = resolveEncoderDecoderConfig(options)
  const specs = describeEncoderDecoderParameters(config)
  const placesFor = (tokens: Tensor, mask: Tensor | undefined, name: string, cache?: KeyValueCache): Places => {
    const [batch, time] = tokens.shape as [number, number]
    return placesOf({ backend: tokens.backend, batch, time }, readMask(name, mask, tokens), cache)
  }

  const encode: EncoderDecoder['encode'] = (params, { sources, sourceMask }, context = {}) => {
    checkParameters(specs, params)
    checkTokens('sources', sources, config)
    const places = placesFor(sources, sourceMask, 'sourceMask')
    const dropout = createDropouts(config, { training: context.training, key: context.key?.foldIn('encoder') })
    return scope(() => applySide(config, params, 'encoder', sources, { places, dropout }))
  }

  const hiddenStates: EncoderDecoder['hiddenStates'] = (params, batch, context = {}) => {
    const { tokens, mask, encoded, sourceMask } = batch
    const { cache, frame } = context
    if (frame !== undefined) return recordedStep(config, params, tokens, frame)
    if (cache === undefined || !cache.knows(params)) checkParameters(specs, params)
    checkTokens('tokens', tokens, config, { past: cache?.length ?? 0 })
    if (encoded.shape.length !== 3 || encoded.shape[0] !== tokens.shape[0] || encoded.shape[2] !== config.width) {
      throw batchError(
        `encoded: expected [${tokens.shape[0]}, source tokens, ${config.width}], got [${encoded.shape.join(', ')}]`,
        { shape: encoded.shape },
        'it is the result of encode, with one row for each row of tokens',
      )
    }
    const places = placesFor(tokens, mask, 'mask', cache)
    const pass = (): Tensor =>
      scope(() => {
        const flags = sourceMask && Uint8Array.from(sourceMask.dataSync())
        const bias = flags?.some((flag) => flag === 0) ? paddingBias(flags, places) : undefined
        const dropout = createDropouts(config, { training: context.training, key: context.key?.foldIn('decoder') })
        const source = { hidden: encoded, bias }
        return {
          result: applySide(config, params, 'decoder', tokens, { places, dropout, source, cache }),
          held: cache?.held,
        }
      }).result
    return cache === undefined ? pass() : cache.advance(params, places, pass)
  }

  const head: EncoderDecoder['head'] = (params, hidden) => applyHead(config, params, hidden)
  const apply: EncoderDecoder['apply'] = (params, { sources, sourceMask, ...batch }, context) =>
    scope(() => {
      const encoded = encode(params, { sources, ...(sourceMask && { sourceMask }) }, context)
      return head(params, hiddenStates(params, { ...batch, encoded, ...(sourceMask && { sourceMask }) }, context))
    })

  return {
    config,
    init: (key) => initializeParameters(specs, key),
    encode,
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
