import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defaultBackend } from '@lemanic/tensor-core'
import type { Backend, Params, SafetensorsReader } from '@lemanic/tensor-core'
import { openSafetensorsFile } from '@lemanic/tensor-core/node'
import type { DecoderOptions, EncoderDecoderOptions } from '../config.js'
import { createDecoder } from '../decoder.js'
import { createEncoderDecoder } from '../encoder-decoder.js'
import type { Decoder, EncoderDecoder } from '../model.js'
import { checkChoice, checkKeys } from '../option-check.js'
import type { CheckpointFormat } from './checkpoint-format.js'
import { checkpointError, ConfigFields } from './config-fields.js'
import { decoderFormats, encoderDecoderFormats, type ModelFamily } from './families.js'
import { readGenerationDefaults, type GenerationDefaults } from './generation-defaults.js'
import { readParameters, takeInventory, type WeightType } from './map-parameters.js'

export interface LoadPretrainedOptions {
  /** Default: the backend of `createBackend`. */
  readonly backend?: Backend
  /** `stored` keeps matrices of 16 bits at half the size, `float32` widens them, as training needs. Default `stored`. */
  readonly weights?: WeightType
  /** Options that take the place of those in config.json, for instance another contextLength or dropout. */
  readonly options?: Partial<DecoderOptions> | Partial<EncoderDecoderOptions>
}

interface Pretrained {
  readonly family: ModelFamily
  readonly params: Params
  /** What config.json and generation_config.json say about generating. */
  readonly generation: GenerationDefaults
  /** Tensors of the file that the model has no use for; a long list means that the file holds another model. */
  readonly unused: readonly string[]
}

/** A published model, by kind. */
export type PretrainedModel =
  | (Pretrained & { readonly kind: 'decoder'; readonly model: Decoder })
  | (Pretrained & { readonly kind: 'encoder-decoder'; readonly model: EncoderDecoder })

/** The text of a file of the folder; undefined when there is none. */
export async function readOptional(folder: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, name), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw checkpointError(join(folder, name), `cannot be read (${(error as Error).message})`, undefined, error)
  }
}

async function readConfig(folder: string): Promise<ConfigFields> {
  const text = await readOptional(folder, 'config.json')
  if (text === undefined) {
    throw checkpointError(
      folder,
      'expected a folder with config.json, found none',
      'pass the folder of a downloaded model: config.json, model.safetensors, tokenizer.json',
    )
  }
  return ConfigFields.parse(text, join(folder, 'config.json'))
}

/**
 * Reads a model from a folder of the Hugging Face Hub: config.json and model.safetensors, or its shards and their index.
 * Families: GPT-2, Llama 2 and 3, GPT-NeoX (Pythia), BART, T5 v1.0 and v1.1.
 *
 * Throws `LemanicError` before any tensor is read: `unsupported-checkpoint` naming the field of config.json that cannot
 * be built, `invalid-checkpoint` listing missing and mismatching tensors with both shapes, and what
 * `openSafetensorsFile` throws for damaged files.
 */
export async function loadPretrained(folder: string, options: LoadPretrainedOptions = {}): Promise<PretrainedModel> {
  checkKeys('loadPretrained', options, ['backend', 'weights', 'options'])
  const { weights = 'stored' } = options
  checkChoice('weights', weights, ['stored', 'float32'])
  const fields = await readConfig(folder)
  const family = fields.choice('model_type', Object.fromEntries(families.map((name) => [name, name])))
  const generation = readGenerationDefaults(fields, await readOptional(folder, 'generation_config.json'), folder)
  const reader = await openSafetensorsFile(folder)
  try {
    if (family in decoderFormats) {
      const format = decoderFormats[family as keyof typeof decoderFormats]
      const { model, ...rest } = await read(format, createDecoder, reader, fields, { ...options, weights })
      return { kind: 'decoder', family, model, generation, ...rest }
    }
    const format = encoderDecoderFormats[family as keyof typeof encoderDecoderFormats]
    const { model, ...rest } = await read(format, createEncoderDecoder, reader, fields, { ...options, weights })
    return { kind: 'encoder-decoder', family, model, generation, ...rest }
  } finally {
    await reader.close()
  }
}

const families = [...Object.keys(decoderFormats), ...Object.keys(encoderDecoderFormats)] as ModelFamily[]

async function read<Options, Config, Model extends { readonly config: Config }>(
  format: CheckpointFormat<Options, Config>,
  create: (options: Options) => Model,
  reader: SafetensorsReader,
  fields: ConfigFields,
  { backend = defaultBackend(), weights, options }: LoadPretrainedOptions & { readonly weights: WeightType },
): Promise<{ model: Model; params: Params; unused: readonly string[] }> {
  const has = (name: string): boolean => reader.has(name)
  const model = create({ ...format.readOptions(fields, has), ...(options as Partial<Options>) })
  const tensors = format.tensors(model.config)
  const inventory = takeInventory(reader, tensors, format.prefix, (name) => format.ignores(name))
  const params = await readParameters(reader, inventory, tensors, { backend, weights })
  return { model, params, unused: inventory.unused }
}
