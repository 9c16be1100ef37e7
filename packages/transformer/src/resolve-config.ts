import { blockOptionNames, given, resolveBlockConfig } from './blocks/resolve-block-config.js'
import { haltingKinds } from './config.js'
import type {
  DecoderConfig,
  DecoderOptions,
  EncoderDecoderConfig,
  EncoderDecoderOptions,
  StackConfig,
} from './config.js'
import { checkBoolean, checkChoice, checkKeys, checkWhole, optionError } from './option-check.js'
import { capacitySamplers } from './stacks/capacity-samplers.js'
import { checkCapacities } from './stacks/routing.js'

function resolveStack(options: DecoderOptions['stack']): StackConfig {
  const defaults = {
    kind: 'standard',
    begin: 0,
    layers: 0,
    end: 0,
    repeats: 1,
    repeatNorm: false,
    depthEmbedding: 'none',
    halting: 'none',
    capacities: 'uniform',
    haltingWeight: 0.03,
    haltingThreshold: 0.999,
    haltingPrior: 0.4,
  } as const
  checkKeys('stack', options, Object.keys(defaults))
  const weight = options.halting === 'ponder-net' ? { haltingWeight: 0.2 } : {}
  const stack: StackConfig = { ...defaults, ...weight, ...given(options) }
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
  checkHalting(stack)
  return stack
}

function checkHalting(stack: StackConfig): void {
  const { halting, kind, repeats, capacities, haltingWeight, haltingThreshold, haltingPrior } = stack
  checkChoice('stack.halting', halting, haltingKinds)
  if (typeof capacities === 'string') checkChoice('stack.capacities', capacities, capacitySamplers)
  else if (halting === 'mixture-of-repeats') checkCapacities('stack.capacities', capacities, repeats - 1)
  if (!Number.isFinite(haltingWeight) || haltingWeight < 0)
    throw optionError('stack.haltingWeight', 'a number of at least 0', haltingWeight)
  for (const [name, value] of Object.entries({ haltingThreshold, haltingPrior }))
    if (!(value > 0 && value < 1)) throw optionError(`stack.${name}`, 'a number between 0 and 1', value)
  if (halting === 'none') return
  if (kind === 'standard' || repeats < 2) {
    throw optionError('stack.halting', '"none" in a stack without repeats', halting, 'set stack.kind and stack.repeats')
  }
  if (halting === 'stick-breaking' && kind !== 'block-universal') {
    const help = 'its keys are mixtures of the repeats already'
    throw optionError('stack.halting', 'a "block-universal" stack for "stick-breaking"', kind, help)
  }
}

/**
 * The full configuration: the options with every default filled in. Resolving a full configuration gives it back.
 *
 * Throws `LemanicError`: `unknown-option`, or `invalid-option` naming the option, what was expected and what came.
 */
export function resolveDecoderConfig(options: DecoderOptions): DecoderConfig {
  checkKeys('config', options, [...blockOptionNames, 'stack', 'pauseTokens'])
  const { stack, pauseTokens = 0, ...others } = options
  const config = { ...resolveBlockConfig(others), stack: resolveStack(stack), pauseTokens }
  checkWhole('pauseTokens', pauseTokens, 0)
  const { positions } = config
  if (pauseTokens > 0 && (positions === 'learned' || positions === 'sinusoidal')) {
    throw optionError(
      'positions',
      '"rotary", "relative" or "none" with pause tokens',
      positions,
      'a pause has no row of its own',
    )
  }
  if (positions === 'relative' && config.stack.halting === 'mixture-of-repeats' && config.stack.kind === 'cotformer')
    throw optionError('positions', 'another kind than "relative" where repeats take some tokens only', positions)
  return config
}

/** The full configuration of an encoder–decoder; throws as `resolveDecoderConfig` does. */
export function resolveEncoderDecoderConfig(options: EncoderDecoderOptions): EncoderDecoderConfig {
  checkKeys('config', options, [...blockOptionNames, 'encoderLayers', 'decoderLayers', 'startToken'])
  const { encoderLayers, decoderLayers = encoderLayers, startToken, ...others } = options
  const config = resolveBlockConfig(others)
  if (config.residual === 'parallel')
    throw optionError('residual', '"sequential" in an encoder–decoder', config.residual)
  checkWhole('encoderLayers', encoderLayers, 1)
  checkWhole('decoderLayers', decoderLayers, 1)
  checkWhole('startToken', startToken, 0)
  if (startToken >= config.vocabularySize)
    throw optionError('startToken', `an id below the vocabularySize ${config.vocabularySize}`, startToken)
  return { ...config, encoderLayers, decoderLayers, startToken }
}
