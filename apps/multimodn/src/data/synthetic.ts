import { fillBernoulli, fillRandomNormal, type RandomKey } from '@lemanic/tensor-core'
import type { ModalityData, MultimodalData } from '@lemanic/multimodal'
import { normalCdf } from '@lemanic/eval'

/** Modalities of the generator: features, and how strongly they show the tasks. */
export const syntheticModalities = {
  small: { width: 6, strength: 0.6 },
  strong: { width: 32, strength: 0.9 },
  wide: { width: 24, strength: 0.6 },
} as const
export type SyntheticModality = keyof typeof syntheticModalities

export const syntheticTasks = ['first', 'second'] as const

/**
 * Two independent fair coins y₁, y₂, and for each modality x = a Σⱼ (2yⱼ − 1) wⱼ + N(0, I), w₁ and w₂ orthogonal unit
 * vectors of the seed, a the modality's strength. Given all of a set of modalities no one can have an AUROC above
 * Φ(√2 · √Σ a²): the direction is known, and the noise is one.
 *
 * @param options.noise Features of a further modality, `noise`, that holds nothing. Default none.
 */
export function syntheticData(options: {
  readonly rows: number
  /** Fixes the directions: the same for training and test rows of a seed. */
  readonly directions: RandomKey
  /** Fixes the rows. */
  readonly key: RandomKey
  readonly noise?: number
}): MultimodalData {
  const { rows, directions, key, noise = 0 } = options
  const labels = syntheticTasks.map((task) => fillBernoulli(key.foldIn(task), new Uint8Array(rows), 0.5))
  const modalities: Record<string, ModalityData> = {}
  for (const [name, { width, strength }] of Object.entries(syntheticModalities)) {
    const [w1, w2] = orthonormalPair(directions.foldIn(name), width)
    const values = fillRandomNormal(key.foldIn(name), new Float32Array(rows * width))
    for (let row = 0; row < rows; row++) {
      const [s1, s2] = labels.map((own) => strength * (2 * own[row]! - 1)) as [number, number]
      for (let at = 0; at < width; at++) values[row * width + at]! += s1 * w1[at]! + s2 * w2[at]!
    }
    modalities[name] = { shape: [width], values, present: new Uint8Array(rows).fill(1) }
  }
  if (noise > 0) {
    const values = fillRandomNormal(key.foldIn('noise'), new Float32Array(rows * noise))
    modalities['noise'] = { shape: [noise], values, present: new Uint8Array(rows).fill(1) }
  }
  return {
    rows,
    modalities,
    targets: Object.fromEntries(
      syntheticTasks.map((task, at) => [
        task,
        { width: 1, values: Float32Array.from(labels[at]!), known: new Uint8Array(rows).fill(1) },
      ]),
    ),
  }
}

/** The best AUROC that these modalities allow. */
export function bayesAuroc(modalities: readonly SyntheticModality[]): number {
  const squares = modalities.reduce((sum, name) => sum + syntheticModalities[name].strength ** 2, 0)
  return normalCdf(Math.SQRT2 * Math.sqrt(squares))
}

function orthonormalPair(key: RandomKey, width: number): [Float32Array, Float32Array] {
  const a = fillRandomNormal(key.foldIn(0), new Float32Array(width))
  const b = fillRandomNormal(key.foldIn(1), new Float32Array(width))
  const dot = (x: Float32Array, y: Float32Array): number => x.reduce((sum, value, at) => sum + value * y[at]!, 0)
  const scaled = (x: Float32Array): Float32Array => x.map((value) => value / Math.sqrt(dot(x, x)))
  const first = scaled(a)
  const along = dot(b, first)
  return [first, scaled(b.map((value, at) => value - along * first[at]!))]
}
