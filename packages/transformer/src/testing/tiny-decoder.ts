import { backendNames, LemanicError, loadBackend, randomNormal, tensor } from '@lemanic/tensor-core'
import type { Backend, Params, RandomKey, Tensor } from '@lemanic/tensor-core'
import { createDecoder } from '../decoder.js'
import type { DecoderOptions, StackConfig } from '../config.js'
import type { Decoder } from '../model.js'

/** Two heads of width 8, vocabulary 23, up to 9 tokens. */
export const tinyOptions = { vocabularySize: 23, width: 16, heads: 2, contextLength: 9 } as const

export function tinyDecoder(stack: Partial<StackConfig> = {}, options: Partial<DecoderOptions> = {}): Decoder {
  return createDecoder({ ...tinyOptions, ...options, stack: { layers: 2, ...stack } })
}

/** Initial parameters moved by N(0, scale²), so that no norm is 1, no bias 0, and attention is far from uniform. */
export function roughParams(model: Decoder, key: RandomKey, scale = 0.3): Params {
  return Object.fromEntries(
    Object.entries(model.init(key)).map(([name, value]) => {
      const noise = randomNormal(key.foldIn('noise').foldIn(name), value.shape, { standardDeviation: scale }).dataSync()
      return [
        name,
        tensor(
          value.dataSync().map((x, i) => x + noise[i]!),
          value.shape,
        ),
      ]
    }),
  )
}

/** int32 [batch, time] of ids that look arbitrary and cover the vocabulary. */
export function someTokens(batch: number, time: number, { vocabularySize = 23, offset = 0 } = {}): Tensor {
  return tensor(
    Int32Array.from({ length: batch * time }, (_, i) => (i * i * 7 + i * 3 + offset) % vocabularySize),
    [batch, time],
  )
}

export function values(x: Tensor): Float32Array {
  return x.dataSync() as Float32Array
}

/** Largest |a − b| over the largest |b|, or over `floor` where b is smaller than that. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>, floor = 1e-30): number {
  let difference = 0
  let scale = floor
  for (let i = 0; i < b.length; i++) {
    difference = Math.max(difference, Math.abs(a[i]! - b[i]!))
    scale = Math.max(scale, Math.abs(b[i]!))
  }
  return a.length === b.length ? difference / scale : Infinity
}

/** Every engine that loads on this machine, the readable one among them. */
export async function availableBackends(): Promise<{ readonly name: string; readonly backend: Backend }[]> {
  const available: { name: string; backend: Backend }[] = []
  for (const name of backendNames) {
    try {
      available.push({ name, backend: await loadBackend(name) })
    } catch (error) {
      if (!LemanicError.isInstance(error)) throw error
    }
  }
  return available
}
