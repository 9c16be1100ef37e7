import { bart } from './bart.js'
import { gpt2 } from './gpt2.js'
import { gptNeox } from './gpt-neox.js'
import { llama } from './llama.js'
import { t5 } from './t5.js'

/** Families of decoders that are read and written, by `model_type`. */
export const decoderFormats = { gpt2, llama, gpt_neox: gptNeox } as const

/** Families of encoder–decoders that are read and written, by `model_type`. */
export const encoderDecoderFormats = { bart, t5 } as const

/** A name that config.json has as `model_type`. */
export type ModelFamily = keyof typeof decoderFormats | keyof typeof encoderDecoderFormats
