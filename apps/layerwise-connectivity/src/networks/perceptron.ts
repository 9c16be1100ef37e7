import { stackedLinear, type Stage } from '@lemanic/fed-opt'
import { multiply, randomNormal, relu, reshape, zeros, type RandomKey, type Tensor } from '@lemanic/tensor-core'
import { classes, type Network } from './network.js'

export interface PerceptronOptions {
  readonly pixels: number
  /** Hidden layers. */
  readonly depth: number
  readonly width: number
  /** False for a deep linear net. */
  readonly rectify: boolean
}

/** pixels – width × depth – classes, no norm layers; layers are named `hidden.0` … and `out`. */
export function perceptron({ pixels, depth, width, rectify }: PerceptronOptions): Network {
  const names = [...Array.from({ length: depth }, (_, i) => `hidden.${i}`), 'out']
  const inputs = (i: number): number => (i === 0 ? pixels : width)
  const outputs = (i: number): number => (i === depth ? classes : width)
  const init = (key: RandomKey) =>
    Object.fromEntries(
      names.flatMap((name, i): [string, Tensor][] => {
        // He's for rectifiers; what keeps the size of signals in a linear net
        const deviation = Math.sqrt((rectify ? 2 : 1) / inputs(i))
        const weight = multiply(randomNormal(key.foldIn(name), [outputs(i), inputs(i)]), deviation)
        return [
          [`${name}.weight`, weight],
          [`${name}.bias`, zeros([outputs(i)])],
        ]
      }),
    )
  const stages = names.map(
    (name, i): Stage => ({
      keys: [`${name}.weight`, `${name}.bias`],
      apply(params, state) {
        const x = i === 0 ? reshape(state, [state.shape[0]!, state.shape[1]!, pixels]) : state
        const y = stackedLinear(x, params[`${name}.weight`]!, params[`${name}.bias`]!)
        return rectify && i < depth ? relu(y) : y
      },
    }),
  )
  const spec = Object.fromEntries(
    names.flatMap((name, i) => {
      const own = i === depth ? null : name
      return [
        [`${name}.weight`, [own, i === 0 ? null : names[i - 1]!]],
        [`${name}.bias`, [own]],
      ]
    }),
  )
  return { init, stages, permutations: spec }
}
