/**
 * How many tokens each repeat after the first may take while a Mixture of Repeats trains: Mohtashami, Pagliardini,
 * Jaggi, "CoTFormer" (arXiv 2310.10845), section 4, and its reference code.
 *
 *   fᵢ  capacities[i − 1]   part of all tokens that repeat i + 1 works on, i = 1 … R − 1; f₁ ≥ f₂ ≥ …
 *   u   a uniform number in [0, 1), drawn anew where it stands
 *
 * They are drawn once for each batch. The factor 1.05, cut at 1, gives full capacity a chance of its own.
 *
 * Deviations: none from the reference code but for the random numbers; the paper speaks of uniform numbers, sorted, and
 * does not mention the 1.05.
 */
import { fillRandomUniform, type RandomKey } from '@lemanic/tensor-core'

/** The rules of the reference code; `uniform` is its default and the paper's. */
export const capacitySamplers = [
  'uniform',
  'more-zeros',
  'exponential-decay',
  'at-least-tenth',
  'middle-first',
  'middle-first-more-ones',
  'middle-first-most-ones',
] as const

/** A rule by which capacities are drawn. */
export type CapacitySampler = (typeof capacitySamplers)[number]

const clamp = (value: number, low = 0): number => Math.min(1, Math.max(low, value))

/** Draws the middle capacity first, between its neighbours, then those on both sides of it. */
function middleFirst(count: number, low: number, high: number, draw: () => number): number[] {
  if (count === 0) return []
  const middle = low + draw() * (high - low)
  const larger = Math.floor((count - 1) / 2)
  return [...middleFirst(larger, middle, high, draw), middle, ...middleFirst(count - 1 - larger, low, middle, draw)]
}

/** `count` capacities from 0 to 1, none larger than the one before it; the same for the same key. */
export function sampleCapacities(sampler: CapacitySampler, count: number, key: RandomKey): number[] {
  const uniform = new Float32Array(Math.max(1, count))
  fillRandomUniform(key, uniform)
  let drawn = 0
  const u = (): number => uniform[drawn++]!
  const each = (f: (value: number) => number): number[] =>
    Array.from({ length: count }, () => f(u())).sort((a, b) => b - a)
  const powers = (base: number): number[] => Array.from({ length: count }, (_, i) => base ** (i + 1))
  switch (sampler) {
    case 'uniform':
      return each((value) => clamp(1.05 * value))
    case 'more-zeros':
      return each((value) => clamp(1.1 * value - 0.05))
    case 'exponential-decay':
      return powers(clamp(1.05 * u()))
    case 'at-least-tenth':
      return powers(clamp(0.95 * u() + 0.1, 0.1))
    case 'middle-first':
      return middleFirst(count, 0, 1, () => clamp(1.05 * u()))
    case 'middle-first-more-ones':
      return middleFirst(count, 0, 1, () => clamp(1.5 * u()))
    case 'middle-first-most-ones':
      return middleFirst(count, 0, 1, () => clamp(2 * u()))
  }
}
