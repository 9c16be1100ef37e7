import { LemanicError } from '@lemanic/tensor-core'
import { createDecoder, type Decoder, type DecoderOptions } from '@lemanic/transformer'
import { UsageError } from '../usage-error.js'
import type { ModelValues } from './model-options.js'

/** Everything that decides the result of a training, with every default filled in; what train.json keeps. */
export interface TrainSettings {
  readonly model: NonNullable<ModelValues['model']>
  readonly layers: number
  readonly width: number
  readonly heads: number
  readonly context: number
  readonly dropout: number
  readonly repeats: number
  readonly beginLayers: number
  readonly endLayers: number
  readonly repeatNorm: boolean
  readonly depthEmbedding: NonNullable<ModelValues['depth-embedding']>
  readonly vocabulary: number
  /** Where the tokenizer came from; null: learned from the text. */
  readonly tokenizer: string | null
  readonly validation: number
  readonly steps: number
  readonly batch: number
  readonly accumulate: number
  readonly learningRate: number
  readonly warmup: number
  readonly weightDecay: number
  readonly clip: number
  readonly seed: number
}

/** The settings that the options ask for; throws `UsageError` for those that do not go together. */
export function trainSettings(given: ModelValues): TrainSettings {
  const { model = 'gpt', steps = 1000 } = given
  const isLooped = model === 'block-universal' || model === 'cotformer'
  if (!isLooped) {
    for (const name of ['repeats', 'begin-layers', 'end-layers', 'repeat-norm', 'depth-embedding'] as const) {
      if (given[name] !== undefined)
        throw new UsageError(`--${name}: expected it with --model block-universal or cotformer, got --model ${model}`)
    }
  }
  const settings: TrainSettings = {
    model,
    layers: given.layers ?? 4,
    width: given.width ?? 128,
    heads: given.heads ?? 4,
    context: given.context ?? 128,
    dropout: given.dropout ?? 0,
    repeats: given.repeats ?? (isLooped ? 3 : 1),
    beginLayers: given['begin-layers'] ?? 0,
    endLayers: given['end-layers'] ?? 0,
    repeatNorm: given['repeat-norm'] ?? false,
    depthEmbedding: given['depth-embedding'] ?? 'none',
    vocabulary: given.vocabulary ?? 2048,
    tokenizer: given.tokenizer ?? null,
    validation: given.validation ?? 0.05,
    steps,
    batch: given.batch ?? 16,
    accumulate: given.accumulate ?? 1,
    learningRate: given['learning-rate'] ?? 0.001,
    warmup: given.warmup ?? Math.floor(steps / 20),
    weightDecay: given['weight-decay'] ?? 0.1,
    clip: given.clip ?? 1,
    seed: given.seed ?? 0,
  }
  if (settings.warmup >= steps)
    throw new UsageError(`--warmup: expected less than the ${steps} steps, got ${settings.warmup}`)
  if (settings.vocabulary < 257)
    throw new UsageError(
      `--vocabulary: expected at least 257, the bytes and the end of a text, got ${settings.vocabulary}`,
    )
  if (settings.validation === 1)
    throw new UsageError('--validation: expected less than 1, got 1: no text is left to learn from')
  try {
    createModel(settings, 257) // only to look: impossible sizes are wrong usage, before any work
  } catch (error) {
    if (LemanicError.isInstance(error, 'invalid-option')) throw new UsageError(error.message)
    throw error
  }
  return settings
}

/** The model of the settings. */
export function createModel(settings: TrainSettings, vocabularySize: number): Decoder {
  const { model, layers, width, heads, context: contextLength, dropout } = settings
  const shape = { vocabularySize, width, heads, contextLength }
  if (model === 'gpt') {
    const gpt2 = { positions: 'learned', bias: true, normBias: true, activation: 'gelu-tanh' } as const
    return createDecoder({ ...shape, ...gpt2, dropout, attentionDropout: dropout, stack: { layers } })
  }
  if (model === 'llama') {
    const rotary = { interleaved: false } as const
    // where the published models can have one
    return createDecoder({
      ...shape,
      rotary,
      norm: 'rms',
      activation: 'swiglu',
      attentionDropout: dropout,
      stack: { layers },
    })
  }
  const { repeats, beginLayers: begin, endLayers: end, repeatNorm, depthEmbedding } = settings
  const stack: DecoderOptions['stack'] = { kind: model, layers, repeats, begin, end, repeatNorm, depthEmbedding }
  return createDecoder({ ...shape, dropout, stack })
}
