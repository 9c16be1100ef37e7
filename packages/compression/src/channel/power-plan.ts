import type { ChannelContext, ChannelReport } from './channel.js'

export interface PowerPlanOptions {
  /** Row k: a_k ‖u_k^j‖ of local worker k, 0 where it is silent; float32 values. */
  readonly loudness: readonly Float64Array[]
  /** Row k: shares of the power of worker k's tensors. */
  readonly shares: readonly Float64Array[]
  readonly budget: number
  readonly links: 'shared' | 'separate'
  readonly context: Pick<ChannelContext, 'collectives' | 'workers'>
}

export interface PowerPlan {
  /** Deviation of tensor j's noise, for σ = 1 and before the division by the number of workers. */
  readonly scales: Float64Array
  readonly usage: Pick<ChannelReport, 'transmittedPower' | 'peakTransmittedPower'>
}

/**
 * Powers of all tensors and what workers use of them, the same on every rank. Shared: c_j / √P_j. Separate: √Σ_k of
 * (a_k ‖u_k^j‖)² / (P share_k^j), for every worker's noise comes on top.
 */
export async function powerPlan({ loudness, shares, budget, links, context }: PowerPlanOptions): Promise<PowerPlan> {
  const { collectives, workers } = context
  const count = shares[0]?.length ?? 0
  const alone = collectives.worldSize === 1
  const reduce = async (values: Float32Array, operation: 'sum' | 'maximum'): Promise<Float32Array> =>
    alone ? values : collectives.allReduce(values, operation)

  const localMaxima = new Float32Array(count)
  const localSums = new Float32Array(2 * count + 1) // shares, separate variances, workers that send
  loudness.forEach((row, k) => {
    row.forEach((norm, j) => {
      localMaxima[j] = Math.max(localMaxima[j], norm)
      localSums[j] += shares[k][j]
      if (norm > 0) localSums[count + j] += (norm * norm) / (budget * shares[k][j])
    })
    if (row.some((norm) => norm > 0)) localSums[2 * count] += 1
  })
  const maxima = await reduce(localMaxima, 'maximum') // c_j
  const sums = await reduce(localSums, 'sum')
  const senders = sums[2 * count]
  const powers = Float64Array.from({ length: count }, (_, j) => (senders === 0 ? 0 : (budget * sums[j]) / senders)) // P_j

  const used = loudness.map((row, k) =>
    row.reduce((power, norm, j) => {
      if (norm === 0) return power
      return power + (links === 'shared' ? powers[j] * (norm / maxima[j]) ** 2 : budget * shares[k][j])
    }, 0),
  )
  const [total] = await reduce(Float32Array.of(used.reduce((a, b) => a + b, 0)), 'sum')
  const [peak] = await reduce(Float32Array.of(Math.max(0, ...used)), 'maximum')
  return {
    scales: Float64Array.from({ length: count }, (_, j) => {
      if (maxima[j] === 0) return 0
      return links === 'shared' ? maxima[j] / Math.sqrt(powers[j]) : Math.sqrt(sums[count + j])
    }),
    usage: { transmittedPower: total / workers, peakTransmittedPower: peak },
  }
}
