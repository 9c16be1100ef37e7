/** The small layers that blocks are made of, each with the parameters under a name. F is the feed-forward width. */
import { gelu, layerNorm, linear, linears, multiply, relu, rmsNorm, silu } from '@lemanic/tensor-core'
import type { Params, Tensor } from '@lemanic/tensor-core'
import { isGated, type BlockConfig } from './block-config.js'
import type { Dropout } from './dropout.js'

/** x·Wᵀ (+ b). */
export function project(params: Params, name: string, x: Tensor): Tensor {
  return linear(x, params[`${name}.weight`]!, params[`${name}.bias`])
}

/** Rows up to which the engine reads weights once, however many there are: threads then go from one layer to the next. */
const fewRows = 4

/** The same for several layers of one x; at once where it has few rows, as in decoding. */
export function projectAll(params: Params, names: readonly string[], x: Tensor): readonly Tensor[] {
  if (x.size > fewRows * x.shape[x.rank - 1]!) return names.map((name) => project(params, name, x))
  return linears(
    x,
    names.map((name) => params[`${name}.weight`]!),
    names.map((name) => params[`${name}.bias`]),
  )
}

/** The configured norm: […, width] → […, width]. */
export function normalize(config: BlockConfig, params: Params, name: string, x: Tensor): Tensor {
  const options = { epsilon: config.normEpsilon }
  const gain = params[`${name}.weight`]!
  return config.norm === 'rms' ? rmsNorm(x, gain, options) : layerNorm(x, gain, params[`${name}.bias`], options)
}

function activate({ activation }: BlockConfig, x: Tensor): Tensor {
  if (activation === 'relu') return relu(x)
  if (activation === 'swiglu') return silu(x)
  return gelu(x, { approximate: activation.endsWith('-tanh') ? 'tanh' : 'none' })
}

/** Two linear layers with the activation between, or three with a gate (Shazeer 2020): width → F → width. */
export function feedForward(config: BlockConfig, params: Params, name: string, x: Tensor, drop: Dropout): Tensor {
  return project(params, `${name}.down`, drop(activated(config, params, name, x)))
}

/** What the last layer reads: […, width] → […, F]. */
function activated(config: BlockConfig, params: Params, name: string, x: Tensor): Tensor {
  if (!isGated(config)) return activate(config, project(params, `${name}.up`, x))
  const [gate, up] = projectAll(params, [`${name}.gate`, `${name}.up`], x)
  return multiply(activate(config, gate!), up!)
}
