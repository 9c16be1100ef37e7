import { type Params } from '@lemanic/tensor-core'
import { argumentError, checkNumber } from '../refuse.js'
import { layerIndices, type ModelPair } from './model-pair.js'

/** The model that a set of layers is put into. */
export type Base = 'a' | 'b'

/** A step away from the mixed parameters: scale · direction. */
export interface Shift {
  /** Parameters that it leaves alone may be absent. */
  readonly direction: Params
  readonly scale: number
}

/** A point in the space of two models. */
export interface Mix {
  /** Of each layer of the pair, in order, the share t of model b: (1 − t) · a + t · b. */
  readonly shares: readonly number[]
  readonly base: Base
  readonly shift?: Shift
}

export interface MixOptions {
  /** The set S, by name or position. Default: all layers. */
  readonly layers?: readonly (string | number)[]
  /** How far from the base to the other model. Default ½. */
  readonly alpha?: number
  /** Default `a`. */
  readonly base?: Base
  readonly shift?: Shift
}

/**
 * The base model with the layers of S moved by α towards the other: W_{1,S}(α) of the paper's definition 2 for base `a`,
 * its mirror image for base `b`. α = 0 is the base, α = 1 swaps S; outside 0 … 1 it extrapolates.
 *
 * Throws `invalid-argument` for an unknown layer or an α that is not finite.
 */
export function mixOf(pair: ModelPair, { layers, alpha = 0.5, base = 'a', shift }: MixOptions = {}): Mix {
  checkNumber('mixOf', 'alpha', alpha, Number.isFinite, 'a finite number')
  if (base !== 'a' && base !== 'b') throw argumentError('mixOf', `base: expected "a" or "b", got ${String(base)}`)
  const shares: number[] = pair.layers.map(() => (base === 'a' ? 0 : 1))
  for (const index of layerIndices(pair, layers)) shares[index] = base === 'a' ? alpha : 1 - alpha
  return { shares, base, ...(shift === undefined ? {} : { shift }) }
}

/** The share of model b in one parameter of a mix. */
export function shareOf(pair: ModelPair, mix: Mix, name: string): number {
  if (pair.statistics === 'base' && pair.isStatistic(name)) return mix.base === 'a' ? 0 : 1
  return mix.shares[pair.layerOf[name]!]!
}
