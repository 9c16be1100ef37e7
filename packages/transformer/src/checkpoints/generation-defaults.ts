import { join } from 'node:path'
import { ConfigFields } from './config-fields.js'

/** What a published model says about generating, as `generate` and `beamSearch` take it. */
export interface GenerationDefaults {
  /** Ids that end a text. */
  readonly stopTokens?: readonly number[]
  /** Begins a text (where the tokenizer does not put it). */
  readonly beginToken?: number
  readonly paddingToken?: number
  /** The first decoded id must be this one (BART). */
  readonly forcedFirst?: number
  /** The last id at the greatest length must be this one (BART). */
  readonly forcedLast?: number
  readonly temperature?: number
  readonly topK?: number
  readonly topP?: number
  readonly repetitionPenalty?: number
  readonly noRepeatNgram?: number
  readonly beams?: number
  readonly lengthPenalty?: number
  readonly minimumTokens?: number
  readonly maximumTokens?: number
}

const single: readonly (readonly [field: string, name: keyof GenerationDefaults])[] = [
  ['bos_token_id', 'beginToken'],
  ['pad_token_id', 'paddingToken'],
  ['forced_bos_token_id', 'forcedFirst'],
  ['forced_eos_token_id', 'forcedLast'],
  ['temperature', 'temperature'],
  ['top_k', 'topK'],
  ['top_p', 'topP'],
  ['repetition_penalty', 'repetitionPenalty'],
  ['no_repeat_ngram_size', 'noRepeatNgram'],
  ['num_beams', 'beams'],
  ['length_penalty', 'lengthPenalty'],
  ['min_new_tokens', 'minimumTokens'],
  ['max_new_tokens', 'maximumTokens'],
]

/** Fields of generation_config.json, and of config.json (where older models keep them) for those that it lacks. */
export function readGenerationDefaults(
  config: ConfigFields,
  text: string | undefined,
  folder: string,
): GenerationDefaults {
  const sources =
    text === undefined ? [config] : [ConfigFields.parse(text, join(folder, 'generation_config.json')), config]
  const found: Record<string, number | number[]> = {}
  for (const source of sources) {
    const stop = source.get('eos_token_id')
    if (typeof stop === 'number' || Array.isArray(stop)) found.stopTokens ??= [stop].flat() as number[]
    for (const [field, name] of single) if (typeof source.get(field) === 'number') found[name] ??= source.number(field)
  }
  return found
}
