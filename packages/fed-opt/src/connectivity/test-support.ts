import { readFileSync } from 'node:fs'
import {
  argMax,
  cast,
  mean,
  notEqual,
  relu,
  reshape,
  softmaxCrossEntropy,
  tensor,
  tile,
  type Params,
  type Tensor,
} from '@lemanic/tensor-core'
import { singleEvaluator, stackedEvaluator, stagedEvaluator, type MixEvaluator, type Stage } from '../index.js'
import { stackedLinear } from './stacked-layers.js'

interface HostArray {
  readonly shape: number[]
  readonly values: number[]
}
type HostParams = Record<string, HostArray>

/** Written by tools/parity/mode-connectivity.py. */
export interface Golden {
  readonly barrier: {
    readonly a: HostParams
    readonly b: HostParams
    readonly x: number[][]
    readonly y: number[]
    readonly endpoints: Record<'a' | 'b', Record<string, number>>
    readonly entries: {
      readonly set: string
      readonly layers: string[]
      readonly base: 'a' | 'b'
      readonly alpha: number
      readonly values: Record<string, Record<'raw' | 'vsMean' | 'vsBase' | 'vsSegmentEnds', number>>
    }[]
    readonly distances: { readonly name: string; readonly distance: number; readonly cosine: number }[]
    readonly logits: {
      readonly a: number[][]
      readonly b: number[][]
      readonly tolerance: number
      readonly agreement: number
      readonly closeProbabilities: number
      readonly cka: number
    }
  }
  readonly assignment: { readonly cost: number[][]; readonly columns: number[] | null; readonly total: number }[]
  readonly matching: { readonly a: HostParams; readonly b: HostParams; readonly permutations: Record<string, number[]> }
  readonly subspace: {
    readonly snapshots: number[][]
    readonly probe: number[]
    readonly rank: number
    readonly share: number
  }
  readonly statistics: { readonly batches: number[][][]; readonly mean: number[]; readonly variance: number[] }
}

export const golden = JSON.parse(
  readFileSync(new URL('../fixtures/connectivity.json', import.meta.url), 'utf8'),
) as Golden

export function fromHost(host: HostParams): Params {
  return Object.fromEntries(
    Object.entries(host).map(([name, { shape, values }]) => [name, tensor(Float32Array.from(values), shape)]),
  )
}

export const layerNames = ['hidden.0', 'hidden.1', 'hidden.2', 'out']

/** The network of the golden values as stages; `rectify: false` makes it a deep linear net. */
export function stagesOf(names: readonly string[], rectify = true): Stage[] {
  return names.map((name, i) => ({
    keys: [`${name}.weight`, `${name}.bias`],
    apply(params, state) {
      const y = stackedLinear(state, params[`${name}.weight`]!, params[`${name}.bias`]!)
      return rectify && i < names.length - 1 ? relu(y) : y
    },
  }))
}

/** Loss and error of a stack of models, from logits [models, examples, classes]. */
export function classification(logits: Tensor, labels: Tensor): Record<string, Tensor> {
  const [models, examples] = logits.shape as [number, number]
  const all = tile(labels, [models])
  const rows = (values: Tensor): Tensor => mean(reshape(values, [models, examples]), 1)
  const flat = reshape(logits, [models * examples, logits.shape[2]!])
  return {
    loss: rows(softmaxCrossEntropy(flat, all, { reduction: 'none' })),
    error: rows(cast(notEqual(argMax(flat, -1), all), 'float32')),
  }
}

/** The same measures by each of the three evaluators. */
export function evaluators(
  names: readonly string[],
  x: Tensor,
  y: Tensor,
  stackSize = 5,
): Record<'single' | 'stacked' | 'staged', MixEvaluator> {
  const stages = stagesOf(names)
  const forward = (params: Params): Tensor =>
    stages.reduce((state, { apply }) => apply(params, state), reshape(x, [1, ...x.shape]))
  const examples = x.shape[0]!
  const cut = Math.ceil(examples / 3)
  return {
    single: singleEvaluator({
      measure(params) {
        const one = Object.fromEntries(Object.entries(params).map(([k, v]) => [k, reshape(v, [1, ...v.shape])]))
        return Object.fromEntries(
          Object.entries(classification(forward(one), y)).map(([k, v]) => [k, v.dataSync()[0] as number]),
        )
      },
    }),
    stacked: stackedEvaluator({ measure: (params) => classification(forward(params), y), stackSize }),
    staged: stagedEvaluator({
      stages,
      // batches of different sizes, so that weighting by size matters
      batches: [
        [0, cut],
        [cut, examples],
      ].map(([begin, end]) => ({
        input: tensor((x.toArray() as number[][]).slice(begin, end)),
        target: tensor(Int32Array.from(y.dataSync().slice(begin, end) as Int32Array), [end! - begin!]),
        examples: end! - begin!,
      })),
      measure: classification,
      stackSize,
    }),
  }
}
