// Gaussian multiple access: y = Σ_k h_k x_k + Z, Z ~ N(0, σ²I), ‖x_k‖² ≤ P.
//
// u_k^j  payload of worker k and tensor j, d_j entries      P_j  power of tensor j, Σ_j P_j = P
// a_k    1, or 1/h_k with channel inversion                 c_j  max_k a_k ‖u_k^j‖ over the workers that are not silent
//
// Worker k sends √P_j a_k u_k^j / c_j; the receiver multiplies by c_j / (A √P_j), A the number of workers heard:
// û^j = (1/A) Σ_k u_k^j + c_j σ / (A √P_j) · Z_j.
//
// Source: Makkuva, Bondaschi, Vogels, Jaggi, Kim, Gastpar, "LASER", ICML 2024 (arXiv 2310.13033), and its reference code
// for the allocation: P_j = P · mean_k share_k^j, share_k^j = ‖u_k^j‖ / Σ_l ‖u_k^l‖.
// Deviations: a tensor whose payload is zero everywhere gets no power and no noise (0/0 there); workers that send
// nothing at all do not count in the mean of the shares; fading and separate links are not in the paper.

import {
  add,
  mapParams,
  matmul,
  multiply,
  randomNormal,
  reshape,
  scope,
  stack,
  sqrt,
  sumOfSquares,
  tensor,
  type Params,
  type Stacked,
  type Tensor,
} from '@lemanic/tensor-core'
import { checkChoice, checkNumber, checkOptions } from '../refuse.js'
import type { Channel, ChannelContext } from './channel.js'
import type { Fading } from './fading.js'
import { allocationRule, powerShares, type PowerAllocation } from './power-allocation.js'
import { powerPlan } from './power-plan.js'
import { powerOf, type PowerSchedule } from './power-schedules.js'
import { workerMean } from './worker-mean.js'

export interface GaussianChannelOptions {
  /** P > 0 of a worker in one step, for all that it sends; Infinity is exact. A number or a schedule. */
  readonly power: number | PowerSchedule
  /** σ² ≥ 0 of each received entry; 0 is exact. Default 1. */
  readonly noiseVariance?: number
  /** How tensors share the power. Default `norm`, the paper's. */
  readonly allocation?: PowerAllocation
  /** Gains of the workers. Default: 1 for all. */
  readonly fading?: Fading
  /**
   * `shared`: all workers send at once and are summed in the air. `separate`: one after another, each with its own
   * noise, K times the channel uses. Default `shared`.
   */
  readonly links?: 'shared' | 'separate'
}

/**
 * The Gaussian multiple-access channel with a power budget. Norms travel exactly beside it: 4 bytes a tensor, counted as
 * `sideBytes`. The downlink is noiseless.
 */
export function gaussianChannel(options: GaussianChannelOptions): Channel {
  checkOptions('gaussianChannel', options, ['power', 'noiseVariance', 'allocation', 'fading', 'links'])
  const { power, noiseVariance = 1, allocation = 'norm', fading, links = 'shared' } = options
  if (typeof power !== 'function') powerOf(power, 0)
  checkNumber('gaussianChannel', 'noiseVariance', noiseVariance, (x) => x >= 0 && x < Infinity, 'a finite number ≥ 0')
  checkChoice('gaussianChannel', 'links', links, ['shared', 'separate'])
  const rule = allocationRule(allocation)
  return {
    name: links === 'shared' ? 'gaussian' : 'gaussian, separate links',
    isAnalog: true,
    async mean(payload, context) {
      const { localWorkers, workers, firstWorker, share, run } = context
      const names = Object.keys(payload)
      const budget = powerOf(power, context.step) * share
      const sizes = names.map((name) => payload[name].size / localWorkers)
      const norms = await normsOf(payload, localWorkers)
      const gains = workerGains(fading, context)
      const heard = gains.map((gain) => (fading?.compensation === 'inversion' && gain < fading.threshold ? 0 : 1))
      const amplitudes = gains.map((gain) => (fading?.compensation === 'inversion' ? 1 / gain : 1)) // a_k
      const weights = gains.map((gain, k) => heard[k] * (fading?.compensation === 'none' ? gain : 1))
      const loudness = norms.map((row, i) =>
        row.map((norm) => Math.fround(norm * amplitudes[firstWorker + i] * heard[firstWorker + i])),
      )
      const shares = powerShares(loudness, sizes, rule)
      const { scales, usage } = await powerPlan({ loudness, shares, budget, links, context })
      const total = weights.reduce((sum, weight) => sum + weight, 0) // A

      const weighted = weights.every((weight) => weight === 1)
        ? payload
        : run(() =>
            weighWorkers(payload, weights.subarray(firstWorker, firstWorker + localWorkers), workers / (total || 1)),
          )
      const exact = await workerMean(weighted, context)
      const deviation = names.map((_, j) =>
        total === 0 || noiseVariance === 0 || budget === Infinity ? 0 : (Math.sqrt(noiseVariance) / total) * scales[j],
      )
      const { received, energies } = run(() => addNoise(exact, deviation, context))
      const [signalEnergy, noiseEnergy] = await energies.data()
      return {
        received,
        delivered: heard.subarray(firstWorker, firstWorker + localWorkers),
        report: {
          powerBudget: budget,
          ...usage,
          signalEnergy: Number(signalEnergy),
          noiseEnergy: Number(noiseEnergy),
          expectedNoiseEnergy: deviation.reduce((energy, d, j) => energy + sizes[j] * d * d, 0),
          activeWorkers: heard.reduce((count, one) => count + one, 0),
          sideBytes: 4 * names.length,
        },
      }
    },
  }
}

/** Row k: the norms of local worker k's tensors. */
async function normsOf(payload: Stacked, localWorkers: number): Promise<Float64Array[]> {
  const values = Object.values(payload)
  if (values.length === 0) return Array.from({ length: localWorkers }, () => new Float64Array(0))
  // as products of rows with themselves: nothing of the payload's size is written
  const norm = (value: Tensor): Tensor => {
    const size = value.size / localWorkers
    const products = matmul(reshape(value, [localWorkers, 1, size]), reshape(value, [localWorkers, size, 1]))
    return sqrt(reshape(products, [localWorkers]))
  }
  const all = scope(() => stack(values.map(norm)))
  const data = await all.data()
  all.dispose()
  return Array.from({ length: localWorkers }, (_, k) =>
    Float64Array.from(values, (__, j) => Number(data[j * localWorkers + k])),
  )
}

function workerGains(fading: Fading | undefined, { workers, stepKey }: ChannelContext): Float64Array {
  return fading === undefined ? new Float64Array(workers).fill(1) : fading.gains(stepKey.foldIn('fading'), workers)
}

/** Σ_k w_k u_k · factor / K, as payloads whose plain mean it is. */
function weighWorkers(payload: Stacked, weights: Float64Array, factor: number): Stacked {
  return mapParams(payload, (value) => {
    const column = tensor(
      Float32Array.from(weights, (weight) => weight * factor),
      [weights.length],
      {
        backend: value.backend,
      },
    )
    return multiply(value, reshape(column, [weights.length, ...value.shape.slice(1).map(() => 1)]))
  })
}

/** The mean with noise, and the energies of both: [signal, noise]. */
function addNoise(exact: Params, deviations: readonly number[], { noiseKey }: ChannelContext) {
  const values = Object.values(exact)
  const noises = values.map((value, j) =>
    deviations[j] === 0
      ? undefined
      : randomNormal(noiseKey.foldIn(j), value.shape, { standardDeviation: deviations[j], backend: value.backend }),
  )
  const received = Object.fromEntries(
    Object.keys(exact).map((name, j) => {
      const noise = noises[j]
      return [name, noise === undefined ? exact[name] : add(exact[name], noise)]
    }),
  )
  const made = noises.filter((noise) => noise !== undefined)
  const zero = tensor([0], undefined, values.length === 0 ? {} : { backend: values[0].backend })
  const energies = stack([
    values.length === 0 ? zero : reshape(sumOfSquares(values), [1]),
    made.length === 0 ? zero : reshape(sumOfSquares(made), [1]),
  ])
  return { received, energies: reshape(energies, [2]) }
}
