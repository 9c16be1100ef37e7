import {
  emptyState,
  scope,
  subtract,
  sumOfSquares,
  type Json,
  type Params,
  type Reducer,
  type Stacked,
} from '@lemanic/tensor-core'
import { Arena } from './arena.js'
import type { Channel } from './channel/channel.js'
import { noiselessChannel } from './channel/noiseless-channel.js'
import { workerMean } from './channel/worker-mean.js'
import type { Compressor } from './compressor.js'
import { openLink } from './link.js'
import { argumentError, checkOptions, checkWhole } from './refuse.js'
import { gradientSpectrum } from './spectrum.js'

export interface CompressedReducerOptions {
  /** One that needs error feedback must be wrapped in `errorFeedback` or `withoutErrorFeedback`. */
  readonly compressor: Compressor
  /** Default `noiselessChannel()`. */
  readonly channel?: Channel
  /**
   * Also tell `compressionError`: Σ_k ‖M_k − sent_k‖² / Σ_k ‖M_k‖² over the local workers, M_k the gradient with what was
   * held back; and, in a single process, `estimateError`: ‖received − mean gradient‖² / ‖mean gradient‖². Costs
   * passes over the gradients. Default false.
   */
  readonly measureError?: boolean
  /** Also tell `spectrum`: shares of the `top` largest singular values of each matrix of the mean gradient, sometimes. */
  readonly measureSpectrum?: { readonly every: number; readonly top: number }
  /** Milliseconds, `() => performance.now()`: adds `seconds` of the parts to the telemetry. Default: none. */
  readonly clock?: () => number
}

/**
 * A reducer for `train` that brings workers' gradients together through a compressor and a channel. In a simulation the
 * worker axis holds all workers; over ranks, those of the rank.
 *
 * Telemetry of each step: `bytes` that one worker sends, `uncompressedBytes`, and over a Gaussian channel
 * `powerBudget`, `transmittedPower`, `peakTransmittedPower`, `signalEnergy`, `noiseEnergy`, `expectedNoiseEnergy`,
 * `signalToNoise`, `activeWorkers`, `sideBytes`.
 */
export function compressedReducer(options: CompressedReducerOptions): Reducer {
  checkOptions('compressedReducer', options, ['compressor', 'channel', 'measureError', 'measureSpectrum', 'clock'])
  const { compressor, channel = noiselessChannel(), measureError = false, measureSpectrum, clock } = options
  const { needsErrorFeedback, allReducible } = compressor.properties
  if (needsErrorFeedback) {
    throw argumentError('compressedReducer', `${compressor.name} loses parts of the gradient for good`, {
      help: 'wrap it in errorFeedback(…), or in withoutErrorFeedback(…) where that is what you want to see',
    })
  }
  if (channel.isAnalog && !allReducible) {
    throw argumentError(
      'compressedReducer',
      `${compressor.name} needs each worker's payload by itself, and the channel "${channel.name}" sums them`,
      { help: 'take a compressor whose properties say allReducible, or a digital channel' },
    )
  }
  if (measureSpectrum !== undefined) {
    checkWhole('compressedReducer', 'measureSpectrum.every', measureSpectrum.every, 1)
    checkWhole('compressedReducer', 'measureSpectrum.top', measureSpectrum.top, 1)
  }
  return {
    init(params, workers) {
      checkFloats(params)
      return compressor.init?.(params, workers) ?? emptyState
    },
    async reduce(local, { collectives, state, key, step }) {
      checkFloats(local)
      const arena = new Arena()
      const { run } = arena
      let isDone = false
      try {
        const localWorkers = Object.values(local)[0]?.shape[0] ?? 1
        const link = openLink({ channel, collectives, localWorkers, key: key.foldIn('channel'), step, run })
        const seconds: Record<string, number> = {}
        const time = <Result>(name: string, body: () => Result): Result => {
          if (clock === undefined) return body()
          const started = clock()
          const result = body()
          seconds[name] = (seconds[name] ?? 0) + (clock() - started) / 1000
          return result
        }
        const started = clock?.()
        const result = await compressor.exchange(local, { link, state, key: key.foldIn('compressor'), step, run, time })
        if (started !== undefined && clock !== undefined) seconds.total = (clock() - started) / 1000
        const telemetry: Record<string, Json> = {
          compressor: compressor.name,
          ...link.report(),
          uncompressedBytes: Object.values(local).reduce((total, { bytes }) => total + bytes, 0) / localWorkers,
          ...(clock === undefined ? {} : { seconds }),
        }
        if (measureError) telemetry.compressionError = relativeError(result.compressed ?? local, run(result.sent))
        const isSpectrumDue = measureSpectrum !== undefined && step % measureSpectrum.every === 0
        const isAlone = collectives.worldSize === 1
        if ((measureError && isAlone) || isSpectrumDue) {
          const mean = await workerMean(local, { collectives, run })
          if (measureError && isAlone) telemetry.estimateError = relativeError(mean, result.received)
          if (isSpectrumDue) telemetry.spectrum = gradientSpectrum(mean, { top: measureSpectrum.top })
        }
        arena.release([result.received, result.state.tensors])
        isDone = true
        return { reduced: result.received, state: result.state, telemetry }
      } finally {
        if (!isDone) arena.release()
      }
    },
  }
}

/** ‖a − b‖² / ‖a‖²; 0 for a of zeros. */
function relativeError(a: Params | Stacked, b: Params | Stacked): number {
  return scope(() => {
    const total = sumOfSquares(Object.values(a)).item()
    if (total === 0) return 0
    return sumOfSquares(Object.entries(a).map(([name, value]) => subtract(value, b[name]))).item() / total
  })
}

function checkFloats(params: Params): void {
  for (const [name, { dtype }] of Object.entries(params)) {
    if (dtype !== 'float32')
      throw argumentError('compressedReducer', `expected float32 gradients, "${name}" is ${dtype}`)
  }
}
