/**
 * Rotary positions (Su et al. 2021) of one forward pass. Heads that turn whole at the plain frequencies use the
 * engine's rotation; scaled frequencies are a product with tables of cosines and sines.
 */
import { add, broadcastTo, concat, flip, gather, multiply, reshape, rotary, slice, tensor } from '@lemanic/tensor-core'
import type { Tensor } from '@lemanic/tensor-core'
import type { BlockConfig, RotaryConfig, RotaryScaling } from './block-config.js'
import type { Places } from './places.js'

/** Turns queries or keys [B, T, H, D] to the positions of their tokens. */
export type Rotation = (x: Tensor) => Tensor

function scaled(frequency: number, scaling: RotaryScaling): number {
  if (scaling.type === 'linear') return frequency / scaling.factor
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalContextLength } = scaling
  const turns = (originalContextLength * frequency) / (2 * Math.PI) // of this pair over the original context
  if (turns < lowFrequencyFactor) return frequency / factor
  if (turns > highFrequencyFactor) return frequency
  const blend = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor)
  return (1 - blend) * (frequency / factor) + blend * frequency
}

/** Radians a position of each pair, of `rotated` / 2 pairs. */
export function rotaryFrequencies({ base, scaling }: RotaryConfig, rotated: number): number[] {
  return Array.from({ length: rotated / 2 }, (_, i) => {
    const frequency = Math.pow(base, (-2 * i) / rotated)
    return scaling === null ? frequency : scaled(frequency, scaling)
  })
}

/** Cosines and signed sines, [B or 1, T, 1, rotated], worked out in float64 and rounded once. */
function tables(config: RotaryConfig, rotated: number, { backend, time, past, positions }: Places): [Tensor, Tensor] {
  const frequencies = rotaryFrequencies(config, rotated)
  const places = positions ?? Int32Array.from({ length: time }, (_, t) => past + t)
  const cosines = new Float32Array(places.length * rotated)
  const sines = new Float32Array(places.length * rotated)
  places.forEach((place, row) => {
    frequencies.forEach((frequency, i) => {
      const [first, second] = config.interleaved ? [2 * i, 2 * i + 1] : [i, i + rotated / 2]
      const [cosine, sine] = [Math.cos(place * frequency), Math.sin(place * frequency)]
      cosines[row * rotated + first] = cosines[row * rotated + second] = cosine
      sines[row * rotated + first] = -sine
      sines[row * rotated + second] = sine
    })
  })
  const shape = [places.length / time, time, 1, rotated]
  return [tensor(cosines, shape, { backend }), tensor(sines, shape, { backend })]
}

/** Exchanges the two numbers of every pair. */
function swapPairs(x: Tensor, interleaved: boolean): Tensor {
  const [batch, time, heads, width] = x.shape as [number, number, number, number]
  if (interleaved) return reshape(flip(reshape(x, [batch, time, heads, width / 2, 2]), 4), x.shape)
  const part = (range: [number, number]): Tensor => slice(x, [undefined, undefined, undefined, range])
  return concat([part([width / 2, width]), part([0, width / 2])], 3)
}

/** Some tokens of a pass: their flat places in [B · T] and their positions, both int32 [B, K]. */
export interface ChosenPlaces {
  readonly flat: Tensor
  readonly positions: Tensor
}

/** Rows of the tables of a pass, [B or 1, T, 1, rotated] → [B, K, 1, rotated]. */
function chosenRows(table: Tensor, { flat }: ChosenPlaces, { batch, time }: Places): Tensor {
  const [, , , rotated] = table.shape as [number, number, number, number]
  const rows = reshape(broadcastTo(table, [batch, time, 1, rotated]), [batch * time, 1, rotated])
  return gather(rows, flat)
}

/** The rotation of this pass, or of some of its tokens; the identity for other kinds of position. */
export function createRotation(
  { positions, headWidth, rotary: config }: BlockConfig,
  places: Places,
  chosen?: ChosenPlaces,
): Rotation {
  if (positions !== 'rotary') return (x) => x
  const rotated = headWidth * config.fraction
  let rotate: Rotation
  if (config.scaling === null) {
    const { base, interleaved } = config
    const ids =
      chosen?.positions ??
      (places.positions && tensor(places.positions, [places.batch, places.time], { backend: places.backend }))
    const where = ids === undefined ? { offset: places.past } : { positions: ids }
    rotate = (x) => rotary(x, { base, interleaved, ...where })
  } else {
    const all = tables(config, rotated, places)
    const [cosine, sine] = chosen === undefined ? all : all.map((table) => chosenRows(table, chosen, places))
    rotate = (x) => add(multiply(x, cosine!), multiply(swapPairs(x, config.interleaved), sine!))
  }
  if (rotated === headWidth) return rotate
  return (x) => {
    const part = (range: [number, number]): Tensor => slice(x, [undefined, undefined, undefined, range])
    return concat([rotate(part([0, rotated])), part([rotated, headWidth])], 3)
  }
}
