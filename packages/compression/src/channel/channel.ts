import type { Collectives, Params, RandomKey, Stacked } from '@lemanic/tensor-core'

export interface ChannelContext {
  readonly collectives: Collectives
  readonly localWorkers: number
  /** Workers of all processes. */
  readonly workers: number
  readonly firstWorker: number
  /** The same for all transmissions of a step, and for all workers: fading. */
  readonly stepKey: RandomKey
  /** For this transmission's noise; the same for all workers, for they hear one server. */
  readonly noiseKey: RandomKey
  readonly step: number
  /** Share of the step's power that this transmission may use, 0 … 1. */
  readonly share: number
  run<Result>(body: () => Result): Result
}

/** Power and noise of one transmission; energies are sums of squares over all entries. */
export interface ChannelReport {
  /** What a worker may use. */
  readonly powerBudget: number
  /** What workers used, on average. */
  readonly transmittedPower: number
  /** What the loudest worker used; never above the budget. */
  readonly peakTransmittedPower: number
  /** Of the noise in what was received. */
  readonly noiseEnergy: number
  /** What `noiseEnergy` is on average over the noise. */
  readonly expectedNoiseEnergy: number
  /** Of the mean payload without noise. */
  readonly signalEnergy: number
  /** Workers whose payload got through. */
  readonly activeWorkers: number
  /** Bytes a worker sent beside the payload: norms. */
  readonly sideBytes: number
}

/** How payloads of all workers become their mean. */
export interface Channel {
  readonly name: string
  /** True where payloads are summed in the air: no worker's payload can be told from the others'. */
  readonly isAnalog: boolean
  /** The mean of `payload` [local workers, …] over all workers of all processes, the same everywhere. */
  mean(
    payload: Stacked,
    context: ChannelContext,
  ): Promise<{
    readonly received: Params
    readonly report?: ChannelReport
    /** For each local worker 1, or 0 when it was silent. Default: all 1. */
    readonly delivered?: Float64Array
  }>
}
