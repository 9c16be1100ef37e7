import type { DecoderConfig, DecoderOptions, InitializationConfig, RotaryConfig, StackConfig } from './config.js'
import { checkBoolean, checkChoice, checkKeys, checkPositive, checkWhole, optionError } from './option-check.js'

/** Options given as undefined count as not given. */
function given<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}

function resolveStack(options: DecoderOptions['stack']): StackConfig {
  const defaults = {
    kind: 'standard',
    begin: 0,
    layers: 0,
    end: 0,
    repeats: 1,
    repeatNorm: false,
    depthEmbedding: 'none',
  } as const
  checkKeys('stack', options, Object.keys(defaults))
  const stack: StackConfig = { ...defaults, ...given(options) }
  checkChoice('stack.kind', stack.kind, ['standard', 'block-universal', 'cotformer'])
  checkWhole('stack.begin', stack.begin, 0)
  checkWhole('stack.layers', options.layers, 1)
  checkWhole('stack.end', stack.end, 0)
  checkWhole('stack.repeats', stack.repeats, 1)
  checkBoolean('stack.repeatNorm', stack.repeatNorm)
  checkChoice('stack.depthEmbedding', stack.depthEmbedding, ['none', 'linear', 'learned'])
  if (stack.kind === 'standard') {
    const help = 'stack.kind "block-universal" and "cotformer" repeat their blocks'
    if (stack.repeats !== 1) throw optionError('stack.repeats', '1 in a standard stack', stack.repeats, help)
    if (stack.repeatNorm) throw optionError('stack.repeatNorm', 'false in a standard stack', true, help)
    if (stack.depthEmbedding !== 'none')
      throw optionError('stack.depthEmbedding', '"none" in a standard stack', stack.depthEmbedding, help)
  }
  return stack
}

function resolveRotary(options: Partial<RotaryConfig>): RotaryConfig {
  const defaults = { base: 10000, interleaved: true }
  checkKeys('rotary', options, Object.keys(defaults))
  const rotary: RotaryConfig = { ...defaults, ...given(options) }
  checkPositive('rotary.base', rotary.base)
  checkBoolean('rotary.interleaved', rotary.interleaved)
  return rotary
}

function resolveInitialization(options: Partial<InitializationConfig>): InitializationConfig {
  const defaults = { standardDeviation: 0.02, scaleResidual: true }
  checkKeys('initialization', options, Object.keys(defaults))
  const initialization: InitializationConfig = { ...defaults, ...given(options) }
  checkPositive('initialization.standardDeviation', initialization.standardDeviation)
  checkBoolean('initialization.scaleResidual', initialization.scaleResidual)
  return initialization
}

const topLevel: readonly (keyof DecoderConfig)[] = [
  'vocabularySize',
  'width',
  'heads',
  'keyValueHeads',
  'contextLength',
  'stack',
  'norm',
  'normBias',
  'normEpsilon',
  'bias',
  'activation',
  'feedForwardWidth',
  'positions',
  'rotary',
  'tiedHead',
  'dropout',
  'initialization',
]

/**
 * The full configuration: the options with every default filled in. Resolving a full configuration gives it back.
 *
 * Throws `LemanicError`: `unknown-option`, or `invalid-option` naming the option, what was expected and what came.
 */
export function resolveDecoderConfig(options: DecoderOptions): DecoderConfig {
  checkKeys('config', options, topLevel)
  const { vocabularySize, width, heads, contextLength } = options
  checkWhole('vocabularySize', vocabularySize, 1)
  checkWhole('width', width, 1)
  checkWhole('heads', heads, 1)
  checkWhole('contextLength', contextLength, 1)
  if (width % heads !== 0) throw optionError('heads', `a divisor of the width ${width}`, heads)
  const activation = options.activation ?? 'gelu'
  const config: DecoderConfig = {
    keyValueHeads: heads,
    norm: 'layer',
    normBias: false,
    normEpsilon: 1e-5,
    bias: false,
    activation,
    feedForwardWidth: activation === 'swiglu' ? 8 * Math.ceil(width / 3) : 4 * width,
    positions: 'rotary',
    tiedHead: true,
    dropout: 0,
    ...given(options),
    stack: resolveStack(options.stack),
    rotary: resolveRotary(options.rotary ?? {}),
    initialization: resolveInitialization(options.initialization ?? {}),
  }
  checkWhole('keyValueHeads', config.keyValueHeads, 1)
  if (heads % config.keyValueHeads !== 0)
    throw optionError('keyValueHeads', `a divisor of the ${heads} heads`, config.keyValueHeads)
  checkChoice('norm', config.norm, ['layer', 'rms'])
  checkBoolean('normBias', config.normBias)
  if (config.norm === 'rms' && config.normBias)
    throw optionError('normBias', 'false with norm "rms", which has no bias', true)
  checkPositive('normEpsilon', config.normEpsilon)
  checkBoolean('bias', config.bias)
  checkChoice('activation', config.activation, ['gelu', 'gelu-tanh', 'relu', 'swiglu'])
  checkWhole('feedForwardWidth', config.feedForwardWidth, 1)
  checkChoice('positions', config.positions, ['rotary', 'learned', 'none'])
  if (config.positions === 'rotary' && (width / heads) % 2 !== 0) {
    throw optionError(
      'heads',
      `an even width / heads for rotary positions`,
      heads,
      `a width of ${width} over ${heads} heads is ${width / heads} a head`,
    )
  }
  checkBoolean('tiedHead', config.tiedHead)
  if (typeof config.dropout !== 'number' || !(config.dropout >= 0 && config.dropout < 1))
    throw optionError('dropout', 'a rate of at least 0 and below 1', config.dropout)
  return config
}
