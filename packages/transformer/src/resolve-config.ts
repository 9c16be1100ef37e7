import { blockOptionNames, given, resolveBlockConfig } from './blocks/resolve-block-config.js'
import type {
  DecoderConfig,
  DecoderOptions,
  EncoderDecoderConfig,
  EncoderDecoderOptions,
  StackConfig,
} from './config.js'
import { checkBoolean, checkChoice, checkKeys, checkWhole, optionError } from './option-check.js'

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

/**
 * The full configuration: the options with every default filled in. Resolving a full configuration gives it back.
 *
 * Throws `LemanicError`: `unknown-option`, or `invalid-option` naming the option, what was expected and what came.
 */
export function resolveDecoderConfig(options: DecoderOptions): DecoderConfig {
  checkKeys('config', options, [...blockOptionNames, 'stack'])
  const { stack, ...others } = options
  return { ...resolveBlockConfig(others), stack: resolveStack(stack) }
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
