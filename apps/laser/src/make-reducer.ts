import {
  aDsgd,
  bucketed,
  compressedReducer,
  countSketch,
  errorFeedback,
  gaussianChannel,
  identity,
  laser,
  linearPower,
  randomK,
  sign,
  stepPower,
  withoutErrorFeedback,
  type Compressor,
  type PowerSchedule,
} from '@lemanic/compression'
import type { Reducer } from '@lemanic/tensor-core'
import type { Cell } from './arms.js'

/** Numbers that depend on the size of the problem. */
export interface ReducerSizes {
  readonly steps: number
  readonly fraction: number
}

function compressorOf({ method, rank, feedback }: Cell, { fraction }: ReducerSizes): Compressor {
  const wrapped = (compressor: Compressor): Compressor =>
    feedback ? errorFeedback(compressor) : withoutErrorFeedback(compressor)
  switch (method) {
    case 'noiseless':
    case 'zsgd':
      return identity()
    case 'laser':
      return wrapped(laser({ rank }))
    case 'random':
      return wrapped(randomK({ fraction }))
    case 'sketch':
      return countSketch({ fraction })
    case 'signum':
      return sign()
    case 'adsgd':
      return wrapped(bucketed(aDsgd({ fraction, iterations: 10 })))
  }
}

/** Power of a step; the schedules end at nine times the power they began with, and keep the mean. */
export function powerOfStep({ power, schedule }: Cell, { steps }: ReducerSizes): number | PowerSchedule {
  if (schedule === 'linear') return linearPower({ mean: power, steps })
  if (schedule === 'step') return stepPower({ mean: power, steps })
  return power
}

/** The reducer of a cell. */
export function makeReducer(
  cell: Cell,
  sizes: ReducerSizes,
  options: { readonly clock?: () => number; readonly spectrumEvery?: number } = {},
): Reducer {
  const { clock, spectrumEvery } = options
  return compressedReducer({
    compressor: compressorOf(cell, sizes),
    ...(cell.method === 'noiseless' ? {} : { channel: gaussianChannel({ power: powerOfStep(cell, sizes) }) }),
    ...(clock === undefined ? {} : { clock }),
    ...(spectrumEvery === undefined ? {} : { measureSpectrum: { every: spectrumEvery, top: 4 } }),
  })
}
