import type { Collectives, Json, Params, RandomKey, Stacked } from '@lemanic/tensor-core'
import { LemanicError } from '@lemanic/tensor-core'
import type { Channel, ChannelReport } from './channel/channel.js'

/** How a payload is sent. */
export interface MeanOptions {
  /** Share of the step's power budget, 0 … 1; the shares of one step sum to 1. Default 1: everything in one go. */
  readonly share?: number
}

/** The connection of the local workers to all others during one step. Counts what goes through it. */
export interface Link {
  /** True where payloads are summed in the air; then only `mean` can be used. */
  readonly isAnalog: boolean
  /** Workers of this process. */
  readonly localWorkers: number
  /** Workers of all processes. */
  readonly workers: number
  /** Number of this process's first worker among all. */
  readonly firstWorker: number
  /** The mean over all workers as the channel delivers it: [workers, …] becomes […]. */
  mean(payload: Stacked, options?: MeanOptions): Promise<Params>
  /**
   * Every worker's bytes for everybody, in order of workers; one array for each local worker goes in. Throws
   * `analog-channel` where there is only an analog one.
   */
  gather(bytes: readonly Uint8Array[]): Promise<Uint8Array[]>
  /** 0 for local workers whose payload of this step did not get through (deep fade), else 1. */
  readonly delivered: Float64Array
  /** Telemetry of the step so far. */
  report(): Readonly<Record<string, Json>>
}

export interface LinkOptions {
  readonly channel: Channel
  readonly collectives: Collectives
  readonly localWorkers: number
  readonly key: RandomKey
  readonly step: number
  /** Takes ownership of what a synchronous body returns. */
  run<Result>(body: () => Result): Result
}

/** Opens the link of one step. */
export function openLink({ channel, collectives, localWorkers, key, step, run }: LinkOptions): Link {
  const { rank, worldSize } = collectives
  const delivered = new Float64Array(localWorkers).fill(1)
  const reports: ChannelReport[] = []
  let [bytes, round] = [0, 0]
  return {
    isAnalog: channel.isAnalog,
    localWorkers,
    workers: localWorkers * worldSize,
    firstWorker: localWorkers * rank,
    delivered,
    async mean(payload, { share = 1 } = {}) {
      for (const value of Object.values(payload)) bytes += value.bytes / localWorkers
      const result = await channel.mean(payload, {
        collectives,
        localWorkers,
        workers: localWorkers * worldSize,
        firstWorker: localWorkers * rank,
        stepKey: key,
        noiseKey: key.foldIn('noise').foldIn(round++),
        step,
        share,
        run,
      })
      result.delivered?.forEach((value, worker) => {
        delivered[worker] = Math.min(delivered[worker], value)
      })
      if (result.report !== undefined) reports.push(result.report)
      return result.received
    },
    async gather(parts) {
      if (channel.isAnalog)
        throw new LemanicError(
          'analog-channel',
          `${channel.name}: sums payloads in the air and cannot deliver each worker's bytes by themselves`,
          { help: 'take a compressor whose properties say allReducible, or a digital channel' },
        )
      bytes += parts.reduce((total, part) => total + part.length, 0) / parts.length
      if (worldSize === 1) return parts.map((part) => part)
      const packed = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
      let at = 0
      for (const part of parts) {
        packed.set(part, at)
        at += part.length
      }
      const everywhere = await collectives.allGather(packed)
      return everywhere.flatMap((all) => {
        const length = all.length / localWorkers
        if (!Number.isInteger(length))
          throw new LemanicError(
            'invalid-payload',
            `gather: expected ${localWorkers} equal payloads from a rank, got ${all.length} bytes`,
          )
        return Array.from({ length: localWorkers }, (_, i) => all.subarray(i * length, (i + 1) * length))
      })
    },
    report: () => ({ bytes, ...summary(reports) }),
  }
}

/** The rounds of one step together. */
function summary(reports: readonly ChannelReport[]): Record<string, Json> {
  const [first] = reports
  if (first === undefined) return {}
  const total = (pick: (report: ChannelReport) => number): number => reports.reduce((sum, one) => sum + pick(one), 0)
  const noise = total((one) => one.noiseEnergy)
  const signal = total((one) => one.signalEnergy)
  return {
    powerBudget: total((one) => one.powerBudget),
    transmittedPower: total((one) => one.transmittedPower),
    peakTransmittedPower: total((one) => one.peakTransmittedPower),
    noiseEnergy: noise,
    expectedNoiseEnergy: total((one) => one.expectedNoiseEnergy),
    signalEnergy: signal,
    signalToNoise: noise > 0 ? signal / noise : null,
    activeWorkers: Math.min(...reports.map((one) => one.activeWorkers)),
    sideBytes: total((one) => one.sideBytes),
  }
}
