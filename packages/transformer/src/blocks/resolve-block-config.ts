import type { BlockOptions } from '../config.js'
import { checkBoolean, checkChoice, checkKeys, checkPositive, checkWhole, optionError } from '../option-check.js'
import {
  activations,
  isGated,
  positionKinds,
  type BlockConfig,
  type InitializationConfig,
  type RelativeConfig,
  type RotaryConfig,
} from './block-config.js'

/** Options given as undefined count as not given. */
export function given<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}

function resolveScaling(scaling: RotaryConfig['scaling']): RotaryConfig['scaling'] {
  if (scaling === null) return null
  const llama3 = ['lowFrequencyFactor', 'highFrequencyFactor', 'originalContextLength']
  const isLlama3 = (scaling as { type?: unknown } | undefined)?.type === 'llama3'
  checkKeys('rotary.scaling', scaling, ['type', 'factor', ...(isLlama3 ? llama3 : [])])
  checkChoice('rotary.scaling.type', scaling.type, ['linear', 'llama3'])
  for (const name of ['factor', ...(isLlama3 ? llama3 : [])])
    checkPositive(`rotary.scaling.${name}`, (scaling as unknown as Record<string, unknown>)[name])
  if (scaling.type === 'llama3' && scaling.highFrequencyFactor <= scaling.lowFrequencyFactor) {
    throw optionError(
      'rotary.scaling.highFrequencyFactor',
      `more than lowFrequencyFactor = ${scaling.lowFrequencyFactor}`,
      scaling.highFrequencyFactor,
    )
  }
  return scaling
}

function resolveRotary(options: Partial<RotaryConfig>): RotaryConfig {
  const defaults = { base: 10000, interleaved: true, fraction: 1, scaling: null }
  checkKeys('rotary', options, Object.keys(defaults))
  const rotary: RotaryConfig = { ...defaults, ...given(options) }
  checkPositive('rotary.base', rotary.base)
  checkBoolean('rotary.interleaved', rotary.interleaved)
  checkPositive('rotary.fraction', rotary.fraction)
  if (rotary.fraction > 1) throw optionError('rotary.fraction', 'at most 1', rotary.fraction)
  resolveScaling(rotary.scaling)
  return rotary
}

function resolveRelative(options: Partial<RelativeConfig>): RelativeConfig {
  const defaults = { buckets: 32, maximumDistance: 128 }
  checkKeys('relative', options, Object.keys(defaults))
  const relative: RelativeConfig = { ...defaults, ...given(options) }
  checkWhole('relative.buckets', relative.buckets, 4)
  if (relative.buckets % 4 !== 0) throw optionError('relative.buckets', 'a multiple of 4', relative.buckets)
  checkWhole('relative.maximumDistance', relative.maximumDistance, 1)
  if (relative.maximumDistance <= relative.buckets / 2)
    throw optionError(
      'relative.maximumDistance',
      `more than buckets / 2 = ${relative.buckets / 2}`,
      relative.maximumDistance,
    )
  return relative
}

function resolveInitialization(options: Partial<InitializationConfig>): InitializationConfig {
  const defaults = { standardDeviation: 0.02, scaleResidual: true }
  checkKeys('initialization', options, Object.keys(defaults))
  const initialization: InitializationConfig = { ...defaults, ...given(options) }
  checkPositive('initialization.standardDeviation', initialization.standardDeviation)
  checkBoolean('initialization.scaleResidual', initialization.scaleResidual)
  return initialization
}

const names: { readonly [Name in keyof BlockConfig]: true } = {
  vocabularySize: true,
  width: true,
  heads: true,
  keyValueHeads: true,
  headWidth: true,
  contextLength: true,
  norm: true,
  normPlacement: true,
  normBias: true,
  normEpsilon: true,
  embeddingNorm: true,
  embeddingScale: true,
  bias: true,
  residual: true,
  activation: true,
  feedForwardWidth: true,
  positions: true,
  positionOffset: true,
  rotary: true,
  relative: true,
  attentionScale: true,
  tiedHead: true,
  headBias: true,
  headScale: true,
  dropout: true,
  attentionDropout: true,
  activationDropout: true,
  finalDropout: true,
  initialization: true,
}
export const blockOptionNames: readonly string[] = Object.keys(names)

/** Fills in defaults and checks every value; the caller has checked the names. */
export function resolveBlockConfig(options: BlockOptions): BlockConfig {
  const { vocabularySize, width, heads, contextLength, activation = 'gelu' } = options
  checkWhole('vocabularySize', vocabularySize, 1)
  checkWhole('width', width, 1)
  checkWhole('heads', heads, 1)
  checkWhole('contextLength', contextLength, 1)
  if (options.headWidth === undefined && width % heads !== 0)
    throw optionError('heads', `a divisor of the width ${width}`, heads, 'or give headWidth, the length of one head')
  const headWidth = options.headWidth ?? width / heads
  checkWhole('headWidth', headWidth, 1)
  const config: BlockConfig = {
    keyValueHeads: heads,
    headWidth,
    norm: 'layer',
    normPlacement: 'pre',
    normBias: false,
    normEpsilon: 1e-5,
    embeddingNorm: false,
    embeddingScale: 1,
    bias: false,
    residual: 'sequential',
    activation,
    feedForwardWidth: isGated({ activation }) ? 8 * Math.ceil(width / 3) : 4 * width,
    positions: 'rotary',
    positionOffset: 0,
    attentionScale: 1 / Math.sqrt(headWidth),
    tiedHead: true,
    headBias: false,
    headScale: 1,
    dropout: 0,
    attentionDropout: 0,
    activationDropout: 0,
    finalDropout: 0,
    ...given(options),
    rotary: resolveRotary(options.rotary ?? {}),
    relative: resolveRelative(options.relative ?? {}),
    initialization: resolveInitialization(options.initialization ?? {}),
  }
  checkBlockConfig(config)
  return config
}

function checkBlockConfig(config: BlockConfig): void {
  checkWhole('keyValueHeads', config.keyValueHeads, 1)
  if (config.heads % config.keyValueHeads !== 0)
    throw optionError('keyValueHeads', `a divisor of the ${config.heads} heads`, config.keyValueHeads)
  checkChoice('norm', config.norm, ['layer', 'rms'])
  checkChoice('normPlacement', config.normPlacement, ['pre', 'post'])
  for (const name of ['normBias', 'embeddingNorm', 'bias', 'tiedHead'] as const) checkBoolean(name, config[name])
  if (config.headBias !== 'fixed') checkBoolean('headBias', config.headBias)
  if (config.norm === 'rms' && config.normBias)
    throw optionError('normBias', 'false with norm "rms", which has no bias', true)
  for (const name of ['normEpsilon', 'embeddingScale', 'attentionScale', 'headScale'] as const)
    checkPositive(name, config[name])
  checkChoice('residual', config.residual, ['sequential', 'parallel'])
  if (config.residual === 'parallel' && config.normPlacement === 'post')
    throw optionError('residual', '"sequential" with normPlacement "post"', 'parallel')
  checkChoice('activation', config.activation, activations)
  checkWhole('feedForwardWidth', config.feedForwardWidth, 1)
  checkChoice('positions', config.positions, positionKinds)
  checkWhole('positionOffset', config.positionOffset, 0)
  if (config.positionOffset > 0 && config.positions !== 'learned')
    throw optionError('positionOffset', '0 unless positions are "learned"', config.positionOffset)
  if (config.positions === 'rotary') checkRotaryWidth(config)
  if (config.positions === 'sinusoidal' && config.width % 2 !== 0)
    throw optionError('width', 'an even width for sinusoidal positions', config.width)
  for (const name of ['dropout', 'attentionDropout', 'activationDropout', 'finalDropout'] as const) {
    const rate = config[name]
    if (typeof rate !== 'number' || !(rate >= 0 && rate < 1))
      throw optionError(name, 'a rate of at least 0 and below 1', rate)
  }
}

function checkRotaryWidth({ width, heads, headWidth, rotary }: BlockConfig): void {
  const rotated = headWidth * rotary.fraction
  if (rotated % 2 === 0) return
  if (rotary.fraction !== 1)
    throw optionError(
      'rotary.fraction',
      `a part of the head width ${headWidth} that is whole and even`,
      rotary.fraction,
    )
  throw optionError(
    'heads',
    `an even width / heads for rotary positions`,
    heads,
    `a width of ${width} over ${heads} heads is ${headWidth} a head`,
  )
}
