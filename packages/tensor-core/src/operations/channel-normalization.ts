import type { Spec } from '../backend.js'
import { argumentError, shapeError } from '../errors.js'
import { formatShape, sizeOf } from '../shape.js'
import type { Tensor } from '../tensor.js'
import { add, multiply, subtract } from './binary.js'
import { expectDType } from './define.js'
import { mean } from './reduction.js'
import { reshape } from './shaping.js'
import { stopGradient } from './stop-gradient.js'
import { rsqrt, square } from './unary.js'

/** Mean and variance of each channel, [channels] each: what batch normalization learns besides its parameters. */
export interface ChannelStatistics {
  readonly mean: Tensor
  readonly variance: Tensor
}

export interface BatchNormOptions {
  /** Normalize with the batch's own statistics and move the running ones. Default false: use the running ones. */
  readonly training?: boolean
  /** Share of the new in the running statistics. Default 0.1. */
  readonly momentum?: number
  /** Default 1e-5. */
  readonly epsilon?: number
}

export interface BatchNormResult {
  readonly y: Tensor
  /** The running statistics from now on: moved, without a gradient, when training; else those given. */
  readonly running: ChannelStatistics
}

function checkChannels(operation: string, x: Spec, vectors: Readonly<Record<string, Spec | undefined>>): number {
  expectDType(operation, x, 'float32')
  const channels = x.shape[x.shape.length - 1]
  if (channels === undefined || x.shape.length < 2) {
    throw shapeError(operation, `x must be [batch, …, channels], got shape ${formatShape(x.shape)}`)
  }
  for (const [name, vector] of Object.entries(vectors)) {
    if (vector !== undefined && (vector.shape.length !== 1 || vector.shape[0] !== channels)) {
      throw shapeError(
        operation,
        `the ${name} must have shape [${channels}] for x ${formatShape(x.shape)}, got ${formatShape(vector.shape)}`,
        { channels, shape: vector.shape },
      )
    }
  }
  return channels
}

function affine(x: Tensor, gain: Tensor | undefined, bias: Tensor | undefined): Tensor {
  const scaled = gain === undefined ? x : multiply(x, gain)
  return bias === undefined ? scaled : add(scaled, bias)
}

/**
 * Batch normalization (Ioffe & Szegedy 2015): (x − mean) / √(variance + epsilon) · gain + bias for each channel of
 * x [batch, …, channels]; gain and bias [channels] or none. When training, mean and variance are those over all other
 * axes (divided by n) and the result's `running` moves by `momentum` towards them (the variance divided by n − 1, as in
 * PyTorch); else `running` is what x is normalized with. float32. Throws when training on one value a channel.
 */
export function batchNorm(
  x: Tensor,
  running: ChannelStatistics,
  gain?: Tensor,
  bias?: Tensor,
  { training = false, momentum = 0.1, epsilon = 1e-5 }: BatchNormOptions = {},
): BatchNormResult {
  const channels = checkChannels('batchNorm', x, {
    'running mean': running.mean,
    'running variance': running.variance,
    gain,
    bias,
  })
  if (!training) {
    const scale = rsqrt(add(running.variance, epsilon))
    return { y: affine(multiply(subtract(x, running.mean), scale), gain, bias), running }
  }
  const count = x.size / channels
  if (!(count > 1)) {
    throw argumentError('batchNorm', `training needs more than one value a channel, got x ${formatShape(x.shape)}`, {
      help: 'use a larger batch, or training: false',
    })
  }
  const rows = reshape(x, [count, channels])
  const centre = mean(rows, 0)
  const shifted = subtract(rows, centre)
  const spread = mean(square(shifted), 0)
  const y = affine(multiply(shifted, rsqrt(add(spread, epsilon))), gain, bias)
  const move = (old: Tensor, now: Tensor): Tensor =>
    add(multiply(stopGradient(old), 1 - momentum), multiply(stopGradient(now), momentum))
  return {
    y: reshape(y, x.shape),
    running: {
      mean: move(running.mean, centre),
      variance: move(running.variance, multiply(spread, count / (count - 1))),
    },
  }
}

/**
 * Group normalization (Wu & He 2018): x [batch, …, channels] is normalized over all positions and the channels of each
 * of `groups` equal groups, then times gain plus bias, [channels] or none. One group is layer normalization of whole
 * examples, as many groups as channels instance normalization. epsilon 1e-5 by default. float32.
 */
export function groupNorm(
  x: Tensor,
  groups: number,
  gain?: Tensor,
  bias?: Tensor,
  { epsilon = 1e-5 }: { epsilon?: number } = {},
): Tensor {
  const channels = checkChannels('groupNorm', x, { gain, bias })
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw argumentError(
      'groupNorm',
      `groups must divide the ${channels} channels of ${formatShape(x.shape)}, got ${groups}`,
    )
  }
  const batch = x.shape[0]!
  const positions = sizeOf(x.shape.slice(1, -1))
  const grouped = reshape(x, [batch, positions, groups, channels / groups])
  const shifted = subtract(grouped, mean(grouped, [1, 3], { keepDimensions: true }))
  const spread = mean(square(shifted), [1, 3], { keepDimensions: true })
  const standard = multiply(shifted, rsqrt(add(spread, epsilon)))
  return affine(reshape(standard, x.shape), gain, bias)
}

/** Instance normalization (Ulyanov et al. 2016): each channel of each example of x [batch, …, channels] by itself. */
export function instanceNorm(x: Tensor, gain?: Tensor, bias?: Tensor, options: { epsilon?: number } = {}): Tensor {
  return groupNorm(x, checkChannels('instanceNorm', x, { gain, bias }), gain, bias, options)
}
