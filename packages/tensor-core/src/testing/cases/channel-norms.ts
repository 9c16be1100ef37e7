import {
  averagePool1d,
  batchNorm,
  exp,
  groupNorm,
  instanceNorm,
  maxPool1d,
  segmentMax,
  segmentMean,
} from '../../operations/index.js'
import type { Case } from '../case.js'
import type { Tolerance } from '../compare.js'
import { distinct, hostValues, integers, normal } from '../host-values.js'

const normalized: Tolerance = { relative: 3e-5, scaled: 5e-6 }

const batchNorms = [true, false].map(
  (training): Case => ({
    operation: 'composition',
    name: `batchNorm ${training ? 'in training' : 'with running statistics'}`,
    inputs: () => [normal([2, 3, 2, 3], 1), normal([3], 2), normal([3], 3), normal([3], 4), normal([3], 5)],
    compute([x, mean, logVariance, gain, bias]) {
      const variance = exp(logVariance!)
      const { y, running } = batchNorm(x!, { mean: mean!, variance }, gain, bias, { training, momentum: 0.3 })
      return [y, running.mean, running.variance]
    },
    // the running statistics are constants to the tape
    differentiable: training ? [0, 3, 4] : [0, 1, 2, 3, 4],
    tolerance: normalized,
    smooth: !training,
  }),
)

/** Normalizations over channels, pooling of sequences, and means and maxima of segments. */
export const channelCases: readonly Case[] = [
  ...batchNorms,
  {
    operation: 'composition',
    name: 'batchNorm in training, y only, without gain and bias',
    inputs: () => [normal([4, 3], 1), hostValues([3], [0, 0, 0]), hostValues([3], [1, 1, 1])],
    compute: ([x, mean, variance]) =>
      batchNorm(x!, { mean: mean!, variance: variance! }, undefined, undefined, { training: true }).y,
    differentiable: [0],
    tolerance: normalized,
  },
  ...[1, 2, 4].map(
    (groups): Case => ({
      operation: 'composition',
      name: `groupNorm of ${groups}`,
      inputs: () => [normal([2, 6, 4], 1), normal([4], 2), normal([4], 3)],
      compute: ([x, gain, bias]) => groupNorm(x!, groups, gain, bias),
      tolerance: normalized,
    }),
  ),
  {
    operation: 'composition',
    name: 'instanceNorm',
    inputs: () => [normal([2, 3, 3, 2])],
    compute: ([x]) => instanceNorm(x!),
    tolerance: normalized,
  },
  {
    operation: 'composition',
    name: 'maxPool1d',
    inputs: () => [distinct([2, 7, 3])],
    compute: ([x]) => maxPool1d(x!, 3, { stride: 2, padding: 1 }),
  },
  {
    operation: 'composition',
    name: 'averagePool1d',
    inputs: () => [normal([2, 7, 3])],
    compute: ([x]) => averagePool1d(x!, 2, { padding: 'same' }),
  },
  {
    operation: 'composition',
    name: 'segmentMean with an empty segment',
    inputs: () => [normal([5, 2]), hostValues([5], [0, 3, 0, 1, 3], 'int32')],
    compute: ([x, segments]) => segmentMean(x!, segments!, 4),
  },
  {
    operation: 'composition',
    name: 'segmentMax',
    inputs: () => [distinct([6, 2, 2]), integers([6], 0, 2, 3)],
    compute: ([x, segments]) => segmentMax(x!, segments!, 2),
  },
]
