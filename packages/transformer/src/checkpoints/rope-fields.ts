import type { RotaryConfig, RotaryScaling } from '../blocks/block-config.js'
import type { ConfigFields } from './config-fields.js'

/**
 * Base, scaling and fraction of rotary positions: today's files have them in `rope_parameters`, older ones in
 * `rope_theta` (or `rotary_emb_base`), `rope_scaling` and `rotary_pct`; `fraction` is the family's default for the last.
 */
export function readRotary(fields: ConfigFields, headWidth: number, fraction = 1): RotaryConfig {
  const parameters = fields.object('rope_parameters')
  const scalingFields = parameters ?? fields.object('rope_scaling')
  const base =
    parameters?.get('rope_theta') !== undefined
      ? parameters.number('rope_theta')
      : fields.number('rope_theta', fields.number('rotary_emb_base', 10000))
  const part =
    parameters?.get('partial_rotary_factor') !== undefined
      ? parameters.number('partial_rotary_factor')
      : fields.number('partial_rotary_factor', fields.number('rotary_pct', fraction))
  return {
    base,
    interleaved: false,
    fraction: Math.floor(headWidth * part) / headWidth,
    scaling: scalingFields === undefined ? null : readScaling(scalingFields, fields),
  }
}

function readScaling(scaling: ConfigFields, outer: ConfigFields): RotaryScaling | null {
  const kinds = { default: null, linear: 'linear', llama3: 'llama3' } as const
  const name = scaling.get('rope_type') === undefined && scaling.get('type') !== undefined ? 'type' : 'rope_type'
  const type = scaling.choice<'linear' | 'llama3' | null>(name, kinds, 'default')
  if (type === null) return null
  const factor = scaling.number('factor')
  if (type === 'linear') return { type, factor }
  return {
    type,
    factor,
    lowFrequencyFactor: scaling.number('low_freq_factor'),
    highFrequencyFactor: scaling.number('high_freq_factor'),
    originalContextLength: scaling.number(
      'original_max_position_embeddings',
      outer.number('original_max_position_embeddings', outer.number('max_position_embeddings')),
    ),
  }
}

/** `rope_scaling` as it is written, null for none. */
export function writeScaling({ scaling }: RotaryConfig): Record<string, unknown> | null {
  if (scaling === null) return null
  if (scaling.type === 'linear') return { rope_type: 'linear', factor: scaling.factor }
  return {
    rope_type: 'llama3',
    factor: scaling.factor,
    low_freq_factor: scaling.lowFrequencyFactor,
    high_freq_factor: scaling.highFrequencyFactor,
    original_max_position_embeddings: scaling.originalContextLength,
  }
}
