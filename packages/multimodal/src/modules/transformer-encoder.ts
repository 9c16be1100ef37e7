import { add, attention, gelu, layerNorm, linear, mean, reshape, split, type Tensor } from '@lemanic/tensor-core'
import { invalid } from '../names.js'
import { applyHead, type EncoderFactory, headShapes } from './encoder.js'
import { linearShapes, type ParameterShapes } from './parameter-shape.js'

export interface TransformerEncoderOptions {
  /** Moments of a series; positions are learned. */
  readonly time: number
  /** Numbers of one moment. */
  readonly features: number
  /** Default 32. */
  readonly width?: number
  /** Divides the width. Default 4. */
  readonly heads?: number
  /** Default 1. */
  readonly layers?: number
}

/** Blocks of self-attention (pre-norm, Vaswani et al. 2017) for series or sets [time, features]; their mean goes on. */
export function transformerEncoder(options: TransformerEncoderOptions): EncoderFactory {
  const { time, features, width = 32, heads = 4, layers = 1 } = options
  if (width % heads !== 0)
    throw invalid('transformerEncoder', `heads: expected a divisor of the width ${width}, got ${heads}`)
  const norm = (name: string): ParameterShapes => ({
    [`${name}.gain`]: { shape: [width], start: 1 },
    [`${name}.bias`]: { shape: [width], start: 0 },
  })
  const blocks = Array.from({ length: layers }, (_, layer): ParameterShapes => {
    const at = `blocks.${layer}`
    return {
      ...norm(`${at}.norm1`),
      ...linearShapes(`${at}.qkv`, width, 3 * width),
      ...linearShapes(`${at}.projection`, width, width),
      ...norm(`${at}.norm2`),
      ...linearShapes(`${at}.up`, width, 4 * width),
      ...linearShapes(`${at}.down`, 4 * width, width),
    }
  })
  return (sizes) => ({
    inputShape: [time, features],
    parameters: {
      ...linearShapes('input', features, width),
      positions: { shape: [time, width], start: { deviation: 0.02 } },
      ...(Object.assign({}, ...blocks) as ParameterShapes),
      ...norm('norm'),
      ...headShapes(width, sizes),
    },
    encode(params, state, input) {
      const batch = input.shape[0]
      const layer = (name: string, x: Tensor): Tensor => linear(x, params[`${name}.weight`], params[`${name}.bias`])
      const normed = (name: string, x: Tensor): Tensor => layerNorm(x, params[`${name}.gain`], params[`${name}.bias`])
      let x = add(layer('input', input), params.positions) // [B, time, width]
      for (let block = 0; block < layers; block++) {
        const at = `blocks.${block}`
        const [query, keys, values] = split(layer(`${at}.qkv`, normed(`${at}.norm1`, x)), 3).map((part) =>
          reshape(part, [batch, time, heads, width / heads]),
        )
        const mixed = reshape(attention(query, keys, values), [batch, time, width])
        x = add(x, layer(`${at}.projection`, mixed))
        x = add(x, layer(`${at}.down`, gelu(layer(`${at}.up`, normed(`${at}.norm2`, x)))))
      }
      return applyHead(params, mean(normed('norm', x), 1), state, sizes.stateSize)
    },
  })
}
