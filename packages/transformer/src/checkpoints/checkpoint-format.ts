import type { DecoderConfig, DecoderOptions, EncoderDecoderConfig, EncoderDecoderOptions } from '../config.js'
import type { ConfigFields } from './config-fields.js'

/** One tensor of a checkpoint and the parameters of ours that it holds. */
export interface FileTensor {
  /** Its name, as transformers writes it today. */
  readonly name: string
  /** Other names that are found in published files. */
  readonly aliases?: readonly string[]
  readonly shape: readonly number[]
  /** Our parameters, in order; several are joined along their rows. */
  readonly parts: readonly string[]
  /** Whether a matrix is kept as [in, out] (GPT-2's Conv1D). */
  readonly transposed?: boolean
  /** Rows of the parts take turns, head by head, in so many groups (GPT-NeoX). */
  readonly headGroups?: number
  /** A vector that the file keeps as one row, [1, n]. */
  readonly row?: boolean
  /** Zeros where the file has none (BART's final_logits_bias). */
  readonly optional?: boolean
}

/** How one family of models is kept in a folder of the Hugging Face Hub. */
export interface CheckpointFormat<Options, Config> {
  /** `model_type` in config.json. */
  readonly type: string
  /** `architectures` in config.json: the class of transformers. */
  readonly architecture: string
  /** Begins the names of today's files, and is left out in some older ones. */
  readonly prefix: string
  /** Our options for a config.json; `has` tells whether the file holds a tensor of this name. */
  readOptions(fields: ConfigFields, has: (name: string) => boolean): Options
  /** The fields of config.json for our configuration, and what of ours they cannot say, each as `option: why`. */
  writeConfig(config: Config): { readonly fields: Record<string, unknown>; readonly obstacles: readonly string[] }
  /** All tensors of the file, in the order in which the model uses them first. */
  tensors(config: Config): FileTensor[]
  /** Buffers and copies in published files that are not read. */
  ignores(name: string): boolean
}

export type DecoderFormat = CheckpointFormat<DecoderOptions, DecoderConfig>
export type EncoderDecoderFormat = CheckpointFormat<EncoderDecoderOptions, EncoderDecoderConfig>

type Described = Readonly<Record<string, unknown>>

/** Lists the options whose values are not those that a family has, as `option: expected …, got …`. */
export function obstaclesOf(config: object, expected: Described): string[] {
  return Object.entries(expected).flatMap(([option, value]) => {
    const got = option.split('.').reduce<unknown>((part, name) => (part as Described)[name], config)
    return got === value ? [] : [`${option}: expected ${JSON.stringify(value)}, got ${JSON.stringify(got)}`]
  })
}

/** A decoder's blocks once, in order: no family repeats them. */
export const standardStack = { 'stack.kind': 'standard' } as const
