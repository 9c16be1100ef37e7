import type { FusedAttributes } from '../backend.js'
import { shapeError } from '../errors.js'
import { run } from '../run.js'
import { formatShape } from '../shape.js'
import type { Tensor } from '../tensor.js'
import { add, multiply, subtract } from './binary.js'
import { tensor } from './creation.js'
import { expectDType, expectRank } from './define.js'
import { type Fused } from './fused.js'
import { concat, reshape, slice, squeeze, stack } from './shaping.js'

type Rotary = FusedAttributes['rotary']

/** cos and sin of the angles: [B or 1, T, 1, D/2], worked out in float64 and rounded once. */
function angles(
  x: Tensor,
  positions: Tensor | undefined,
  { base, offset, inverse }: Rotary,
): [cosine: Tensor, sine: Tensor] {
  const [, time, , width] = x.shape as [number, number, number, number]
  const half = width / 2
  const places =
    positions === undefined ? Array.from({ length: time }, (_, t) => t + offset) : Array.from(positions.dataSync())
  const cosines = new Float32Array(places.length * half)
  const sines = new Float32Array(places.length * half)
  places.forEach((place, row) => {
    for (let i = 0; i < half; i++) {
      const angle = place * Math.pow(base, (-2 * i) / width)
      cosines[row * half + i] = Math.cos(angle)
      sines[row * half + i] = inverse ? -Math.sin(angle) : Math.sin(angle)
    }
  })
  const shape = [places.length / time, time, 1, half]
  return [tensor(cosines, shape, { backend: x.backend }), tensor(sines, shape, { backend: x.backend })]
}

const rotaryOperation: Fused<'rotary'> = {
  name: 'rotary',
  infer([x, positions]) {
    expectRank('rotary', 'x', x!, 4)
    expectDType('rotary', x!, 'float32')
    const [batch, time, , width] = x!.shape as [number, number, number, number]
    if (width % 2 !== 0) throw shapeError('rotary', `the head width must be even, got ${formatShape(x!.shape)}`)
    if (positions !== undefined) {
      expectDType('rotary', positions, 'int32')
      if (positions.shape.length !== 2 || positions.shape[0] !== batch || positions.shape[1] !== time) {
        throw shapeError('rotary', `positions must have shape [${batch}, ${time}], got ${formatShape(positions.shape)}`)
      }
    }
    return [x!]
  },
  compose([x, positions], attributes) {
    const [batch, time, heads, width] = x!.shape as [number, number, number, number]
    const [cosine, sine] = angles(x!, positions, attributes)
    const half = width / 2
    const turn = (a: Tensor, b: Tensor): [Tensor, Tensor] => [
      subtract(multiply(a, cosine), multiply(b, sine)),
      add(multiply(a, sine), multiply(b, cosine)),
    ]
    const all = undefined
    if (attributes.interleaved) {
      const pairs = reshape(x!, [batch, time, heads, half, 2])
      const [even, odd] = [0, 1].map((i) => squeeze(slice(pairs, [all, all, all, all, [i, i + 1]]), 4)) as [
        Tensor,
        Tensor,
      ]
      return [reshape(stack(turn(even, odd), 4), x!.shape)]
    }
    return [concat(turn(slice(x!, [all, all, all, [0, half]]), slice(x!, [all, all, all, [half, width]])), 3)]
  },
  gradient: ({ gradients, inputs, attributes }) => [
    run(rotaryOperation, [gradients[0]!, ...inputs.slice(1)], { ...attributes, inverse: !attributes.inverse })[0],
  ],
}

export interface RotaryOptions {
  /** Default 10000. */
  readonly base?: number
  /** Pairs are (2i, 2i + 1) when true (RoFormer), (i, i + D/2) when false (GPT-NeoX, Llama). Default false. */
  readonly interleaved?: boolean
  /** Position of the first time step. Default 0. */
  readonly offset?: number
  /** int32 [B, T]: a position for each token, instead of offset + t. */
  readonly positions?: Tensor
}

/** Rotary position embedding (Su et al. 2021) of queries or keys [B, T, H, D], D even. float32. */
export function rotary(
  x: Tensor,
  { base = 10000, interleaved = false, offset = 0, positions }: RotaryOptions = {},
): Tensor {
  const attributes = { base, interleaved, offset, inverse: false, hasPositions: positions !== undefined }
  return run(rotaryOperation, positions === undefined ? [x] : [x, positions], attributes)[0]!
}
