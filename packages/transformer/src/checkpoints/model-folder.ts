/**
 * Folders for models that no family of the Hugging Face Hub can hold, looped stacks for instance: `model.json` with the
 * full configuration, `model.safetensors` with parameters under our names, `tokenizer.json`.
 */
import { join } from 'node:path'
import { defaultBackend, disposeParams, LemanicError, tensorFromHost, tensorToHost } from '@lemanic/tensor-core'
import type { HostTensor, Params, Tensor } from '@lemanic/tensor-core'
import { openSafetensorsFile, saveSafetensors, writeFileAtomically } from '@lemanic/tensor-core/node'
import type { DecoderOptions, EncoderDecoderOptions } from '../config.js'
import { createDecoder } from '../decoder.js'
import { createEncoderDecoder } from '../encoder-decoder.js'
import type { Decoder, EncoderDecoder } from '../model.js'
import { checkChoice, checkKeys } from '../option-check.js'
import {
  checkParameters,
  describeEncoderDecoderParameters,
  describeParameters,
  type ParameterSpec,
} from '../parameters.js'
import { checkpointError, ConfigFields } from './config-fields.js'
import type { ModelFamily } from './families.js'
import type { GenerationDefaults } from './generation-defaults.js'
import { loadPretrained, readOptional, type LoadPretrainedOptions } from './load-pretrained.js'
import { convertHost, takeInventory } from './map-parameters.js'

const format = 'lemanic-model'
const version = 1
const types = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' } as const

export interface SaveModelOptions {
  readonly model: Decoder | EncoderDecoder
  readonly params: Params
  /** Type of the matrices in the file; vectors stay float32. Default: as they are. */
  readonly weights?: keyof typeof types
  /** What generation should begin from. Default: nothing. */
  readonly generation?: GenerationDefaults
  /** Written as tokenizer.json. Default: none is written. */
  readonly tokenizer?: { toJSON(): object }
  /** Facts to keep in model.json, for instance how it was trained. Default none. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** A model read from a folder of either kind. */
export type LoadedModel = {
  readonly params: Params
  readonly generation: GenerationDefaults
  /** Of a folder of the Hugging Face Hub; undefined for one that `saveModel` wrote. */
  readonly family: ModelFamily | undefined
} & (
  | { readonly kind: 'decoder'; readonly model: Decoder }
  | { readonly kind: 'encoder-decoder'; readonly model: EncoderDecoder }
)

const specsOf = (model: Decoder | EncoderDecoder): ParameterSpec[] =>
  'encode' in model ? describeEncoderDecoderParameters(model.config) : describeParameters(model.config)

/**
 * Writes any model of this package as a folder that `loadModel` reads. Returns the paths written; model.json is the last,
 * so that a folder that has it is whole.
 *
 * Throws `LemanicError` before anything is written: `invalid-parameters`, `invalid-option`.
 */
export async function saveModel(folder: string, options: SaveModelOptions): Promise<string[]> {
  checkKeys('saveModel', options, ['model', 'params', 'weights', 'generation', 'tokenizer', 'metadata'])
  const { model, params, weights, generation = {}, tokenizer, metadata = {} } = options
  if (weights !== undefined) checkChoice('weights', weights, Object.keys(types))
  const specs = specsOf(model)
  checkParameters(specs, params)
  const tensors: Record<string, HostTensor> = {}
  for (const { name, shape } of specs) {
    const host = await tensorToHost(params[name]!)
    tensors[name] = weights === undefined || shape.length < 2 ? host : convertHost(host, types[weights])
  }
  const written = await saveSafetensors(join(folder, 'model.safetensors'), tensors, { metadata: { format } })
  const write = async (name: string, value: object): Promise<void> => {
    await writeFileAtomically(join(folder, name), `${JSON.stringify(value, null, 2)}\n`)
    written.push(join(folder, name))
  }
  if (tokenizer !== undefined) await write('tokenizer.json', tokenizer.toJSON())
  const kind = 'encode' in model ? 'encoder-decoder' : 'decoder'
  await write('model.json', { format, version, kind, config: model.config, generation, metadata })
  return written
}

/**
 * Reads a model from a folder that `saveModel` wrote, or else as `loadPretrained` does. What a folder is shows by its
 * model.json or config.json; model.json goes first.
 *
 * Throws `LemanicError` before any tensor is read: `unsupported-checkpoint`, `invalid-checkpoint` listing missing and
 * mismatching tensors with both shapes, and what `openSafetensorsFile` throws for damaged files.
 */
export async function loadModel(folder: string, options: LoadPretrainedOptions = {}): Promise<LoadedModel> {
  checkKeys('loadModel', options, ['backend', 'weights', 'options'])
  const text = await readOptional(folder, 'model.json')
  if (text === undefined) {
    if ((await readOptional(folder, 'config.json')) !== undefined) return loadPretrained(folder, options)
    throw checkpointError(
      folder,
      'expected a folder with model.json or config.json, found neither',
      'pass a folder that training, saveModel or savePretrained wrote, or one downloaded from the Hugging Face Hub',
    )
  }
  const { weights = 'stored', backend = defaultBackend() } = options
  checkChoice('weights', weights, ['stored', 'float32'])
  const fields = ConfigFields.parse(text, join(folder, 'model.json'))
  fields.choice('format', { [format]: true })
  fields.expect('version', version)
  const kind = fields.choice('kind', { decoder: 'decoder', 'encoder-decoder': 'encoder-decoder' } as const)
  const config = { ...fields.object('config')?.all, ...options.options }
  const model =
    kind === 'decoder'
      ? createDecoder(config as unknown as DecoderOptions)
      : createEncoderDecoder(config as unknown as EncoderDecoderOptions)
  const params = await readOwn(folder, specsOf(model), (name, host) => {
    const isWide = weights === 'float32' || host.shape.length < 2
    return tensorFromHost(name, host, { backend, ...(isWide && { dtype: 'float32' as const }) })
  })
  const generation = (fields.object('generation')?.all ?? {}) as GenerationDefaults
  return { kind, model, params, generation, family: undefined } as LoadedModel
}

async function readOwn(
  folder: string,
  specs: readonly ParameterSpec[],
  make: (name: string, host: HostTensor) => Tensor,
): Promise<Params> {
  const reader = await openSafetensorsFile(folder)
  const params: Record<string, Tensor> = {}
  try {
    const tensors = specs.map(({ name, shape }) => ({ name, shape, parts: [name] }))
    const { unused } = takeInventory(reader, tensors, '', () => false)
    if (unused.length > 0) {
      throw new LemanicError(
        'invalid-checkpoint',
        `${reader.name} has tensors that its model.json does not know: ${unused.join(', ')}`,
        { fields: { file: reader.name, unused }, help: 'do both files belong to one model?' },
      )
    }
    for (const { name } of specs) params[name] = make(name, await reader.read(name))
    return params
  } catch (error) {
    disposeParams(params)
    throw error
  } finally {
    await reader.close()
  }
}
