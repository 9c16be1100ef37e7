import { join } from 'node:path'
import { LemanicError } from '@lemanic/tensor-core'
import type { Params } from '@lemanic/tensor-core'
import { saveSafetensors, writeFileAtomically } from '@lemanic/tensor-core/node'
import type { Decoder, EncoderDecoder } from '../model.js'
import { checkChoice, checkKeys, optionError } from '../option-check.js'
import { checkParameters, describeEncoderDecoderParameters, describeParameters } from '../parameters.js'
import type { CheckpointFormat } from './checkpoint-format.js'
import { decoderFormats, encoderDecoderFormats, type ModelFamily } from './families.js'
import { writeTensors } from './map-parameters.js'

const types = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' } as const

export interface SavePretrainedOptions {
  readonly model: Decoder | EncoderDecoder
  readonly params: Params
  /** Which family's files to write. Default: the first that can say the model's configuration. */
  readonly family?: ModelFamily
  /** Type of all tensors in the file. Default: that of the embedding. */
  readonly weights?: keyof typeof types
  /** Ids of the vocabulary for config.json and generation_config.json. Default: none are written. */
  readonly tokens?: { readonly begin?: number; readonly end?: number | readonly number[]; readonly padding?: number }
  /** Written as tokenizer.json: a `Tokenizer`, or the object. Default: none is written. */
  readonly tokenizer?: { toJSON(): object }
  /** Largest size of one file's data in bytes; above it shards and an index are written. Default 5·10⁹, as transformers does. */
  readonly maximumShardBytes?: number
}

const known = ['model', 'params', 'family', 'weights', 'tokens', 'tokenizer', 'maximumShardBytes']

interface Choice {
  readonly family: ModelFamily
  readonly format: CheckpointFormat<never, never>
  readonly fields: Record<string, unknown>
}

/** The family that can say this configuration; throws with the obstacles of each that was tried. */
function chooseFormat(model: Decoder | EncoderDecoder, family: ModelFamily | undefined): Choice {
  const formats = ('encode' in model ? encoderDecoderFormats : decoderFormats) as unknown as Record<
    ModelFamily,
    CheckpointFormat<never, never>
  >
  if (family !== undefined) checkChoice('family', family, Object.keys(formats))
  const tried: string[] = []
  for (const [name, format] of Object.entries(formats) as [ModelFamily, CheckpointFormat<never, never>][]) {
    if (family !== undefined && name !== family) continue
    const { fields, obstacles } = format.writeConfig(model.config as never)
    if (obstacles.length === 0) return { family: name, format, fields }
    tried.push(`${name} (${obstacles.join('; ')})`)
  }
  throw new LemanicError(
    'unsupported-checkpoint',
    `savePretrained: no family of the Hub can hold this model: ${tried.join(', ')}`,
    {
      fields: { tried },
      help: 'saveParams of @lemanic/tensor-core/node keeps any model’s parameters',
    },
  )
}

/**
 * Writes a model as a folder that Python's transformers loads: config.json, generation_config.json, model.safetensors or
 * shards with their index, and tokenizer.json when there is a tokenizer. Returns the paths written.
 *
 * Throws `LemanicError` before anything is written: `unsupported-checkpoint` with what stands in the way (a looped
 * stack, for instance), `invalid-parameters`, `invalid-option`.
 */
export async function savePretrained(folder: string, options: SavePretrainedOptions): Promise<string[]> {
  checkKeys('savePretrained', options, known)
  const { model, params, tokens = {}, tokenizer, maximumShardBytes = 5e9 } = options
  checkKeys('tokens', tokens, ['begin', 'end', 'padding'])
  const specs = 'encode' in model ? describeEncoderDecoderParameters(model.config) : describeParameters(model.config)
  checkParameters(specs, params)
  const { family, format, fields } = chooseFormat(model, options.family)
  const weights = options.weights ?? (params['embedding.weight']!.dtype as keyof typeof types)
  if (!(weights in types)) throw optionError('weights', `one of ${Object.keys(types).join(', ')}`, weights)
  const ids = {
    bos_token_id: tokens.begin ?? null,
    eos_token_id: tokens.end ?? null,
    pad_token_id: tokens.padding ?? null,
  }
  const config = { architectures: [format.architecture], model_type: family, ...fields, ...ids, dtype: weights }
  const start = 'encode' in model ? { decoder_start_token_id: model.config.startToken } : {}
  const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`
  const write = async (name: string, value: object): Promise<string> => {
    await writeFileAtomically(join(folder, name), json(value))
    return join(folder, name)
  }

  const tensors = await writeTensors(params, format.tensors(model.config as never), types[weights])
  const written = await saveSafetensors(join(folder, 'model.safetensors'), tensors, {
    metadata: { format: 'pt' },
    maximumShardBytes,
  })
  written.push(await write('generation_config.json', { ...ids, ...start }))
  if (tokenizer !== undefined) written.push(await write('tokenizer.json', tokenizer.toJSON()))
  written.push(await write('config.json', config)) // last: without it the folder is no model
  return written
}
