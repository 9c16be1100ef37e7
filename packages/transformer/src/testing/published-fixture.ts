import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { decodeSafetensors, tensor } from '@lemanic/tensor-core'
import type { Tensor } from '@lemanic/tensor-core'

/** Folders that tools/parity/transformer-checkpoints.py wrote: tiny models of transformers, with what it computes. */
export const publishedDecoders = ['gpt2', 'llama2', 'llama3', 'llama-linear', 'pythia'] as const
export const publishedEncoderDecoders = ['bart', 't5', 't5-v1.1'] as const

/** What transformers generated: new tokens of each prompt (of each result, best first, where there are several). */
export interface GoldenGeneration {
  readonly options: Readonly<Record<string, number | boolean | string>>
  readonly sequences: readonly (readonly number[])[]
  /** Of a beam search, else none. */
  readonly scores: readonly number[]
}

export interface PublishedFixture {
  readonly folder: string
  /** Names under `prefix`, without it. */
  names(prefix: string): string[]
  values(name: string): Float32Array | Int32Array
  /** On the default backend; undefined when there is none of this name. */
  load(name: string): Tensor
  readonly generation: readonly GoldenGeneration[]
}

export async function readPublished(name: string): Promise<PublishedFixture> {
  const folder = fileURLToPath(new URL(`../checkpoints/fixtures/${name}`, import.meta.url))
  const { tensors, metadata } = await decodeSafetensors(readFileSync(`${folder}/golden.safetensors`))
  const values = (key: string): Float32Array | Int32Array => tensors[key]!.data as Float32Array | Int32Array
  return {
    folder,
    names: (prefix) =>
      Object.keys(tensors).flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : [])),
    values,
    load: (key) => tensor(values(key), tensors[key]!.shape),
    generation: JSON.parse(metadata.generation!) as GoldenGeneration[],
  }
}
