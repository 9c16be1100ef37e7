import { add, gelu, linear, multiply, reshape, slice } from '@lemanic/tensor-core'
import type { Params, Tensor } from '@lemanic/tensor-core'
import { createBlock } from '../blocks/block.js'
import { normalize, project } from '../blocks/layers.js'
import type { Pass } from '../blocks/pass.js'
import type { Places } from '../blocks/places.js'
import { createRotation } from '../blocks/rotation.js'
import { distinctBlocks, type DecoderConfig } from '../config.js'
import type { ApplyContext } from '../model.js'
import { adaptiveBlockUniversal } from './adaptive-block-universal.js'
import { blockUniversalStack } from './block-universal.js'
import { cotformerStack, createRepeatMemory } from './cotformer.js'
import { mixtureOfRepeats, type RoutedParts } from './mixture-of-repeats.js'
import { ponderNet } from './ponder-net.js'
import { routingOf } from './routing.js'
import type { StackOutcome, StackParts } from './stack.js'
import { standardStack } from './standard.js'
import { stickBreaking } from './stick-breaking.js'

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

/** The configured stack with its parameters: x [B, T, width], what all blocks share, and how the pass is run. */
export function applyStack(
  config: DecoderConfig,
  params: Params,
  x: Tensor,
  pass: Pass,
  places: Places,
  context: ApplyContext,
): StackOutcome {
  const { begin, layers, repeats, kind, repeatNorm, halting } = config.stack
  const isRagged = halting === 'mixture-of-repeats' && kind === 'cotformer'
  const blocks = Array.from({ length: distinctBlocks(config.stack) }, (_, i) => {
    const isRepeated = i >= begin && i < begin + layers
    return createBlock(config, params, `blocks.${i}`, isRagged && isRepeated ? { ...pass, cache: undefined } : pass)
  })
  const parts: StackParts = {
    begin: blocks.slice(0, begin),
    middle: blocks.slice(begin, begin + layers),
    end: blocks.slice(begin + layers),
    repeats,
    enterRepeat: (y, repeat) => addDepthEmbedding(config, params, y, repeat),
    leaveRepeat: (y) => (repeatNorm ? normalize(config, params, 'repeat_norm', y) : y),
  }
  const observe = context.observeRepeats
  if (halting === 'none') return { x: stacks[kind](parts, x) }
  if (halting === 'mixture-of-repeats') {
    const routed: RoutedParts = {
      ...parts,
      score: (y, router) => linear(y, params[`routers.${router}.weight`]!),
      routing: routingOf(config.stack, context),
      places,
      rotation: (chosen) => createRotation(config, places, chosen),
      store: context.cache?.routed,
      observe,
    }
    return { x: kind === 'cotformer' ? mixtureOfRepeats(routed, x) : adaptiveBlockUniversal(routed, x) }
  }
  if (halting === 'stick-breaking') {
    const gate = (y: Tensor): Tensor =>
      project(params, 'halting.output', gelu(project(params, 'halting.hidden', y), { approximate: 'none' }))
    return stickBreaking({ ...parts, gate, threshold: config.stack.haltingThreshold, observe }, x)
  }
  const memories = parts.middle.map(() => (kind === 'cotformer' ? createRepeatMemory() : undefined))
  const applyMiddle = (y: Tensor): Tensor => parts.middle.reduce((z, block, i) => block(z, memories[i]), y)
  const halt = (y: Tensor, repeat: number): Tensor => project(params, `halting.${repeat}`, y)
  return ponderNet({ ...parts, applyMiddle, halt, prior: config.stack.haltingPrior, key: context.key, observe }, x)
}
