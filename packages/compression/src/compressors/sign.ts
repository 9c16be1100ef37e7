// Signs: signSGD with majority vote, Signum, and signs with a scale for error feedback.
//
// Sources: Bernstein, Wang, Azizzadenesheli, Anandkumar, "signSGD", ICML 2018 (arXiv 1802.04434); Bernstein, Zhao,
// Azizzadenesheli, Anandkumar, "signSGD with Majority Vote", ICLR 2019 (arXiv 1810.05291); Karimireddy, Rebjock, Stich,
// Jaggi, "Error Feedback Fixes SignSGD", ICML 2019 (arXiv 1901.09847).
// Deviations: one bit has no zero, so that the zeros of a vector become +1 or −1 at random; a vector of zeros only is
// marked as such, and stays zero. In the air, zeros are sent as zeros.

import {
  abs,
  add,
  mapParams,
  mean,
  multiply,
  prefixParams,
  reshape,
  RandomStream,
  sign as signOf,
  zeros,
} from '@lemanic/tensor-core'
import type { Compressor } from '../compressor.js'
import { checkNumber, checkOptions } from '../refuse.js'
import { readBits, writeBits } from './bits.js'
import { gathered, type VectorCodec } from './gathered.js'

/** A scale (float32), then one bit an entry. */
function signCodec(scaleOf: (vector: Float32Array) => number): VectorCodec {
  return {
    byteLength: (length) => (length === 0 ? 0 : 4 + Math.ceil(length / 8)),
    encode(vector, bytes, key) {
      if (vector.length === 0) return
      const isZero = vector.every((value) => value === 0)
      new DataView(bytes.buffer, bytes.byteOffset).setFloat32(0, isZero ? 0 : scaleOf(vector), true)
      const stream = new RandomStream(key)
      const bits = Uint8Array.from(vector, (value) => (value === 0 ? stream.nextWord() & 1 : value > 0 ? 1 : 0))
      writeBits(bytes.subarray(4), bits, 1)
    },
    decode(bytes, vector) {
      if (vector.length === 0) return
      const scale = new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true)
      const bits = readBits(bytes.subarray(4), vector.length, 1)
      for (let i = 0; i < vector.length; i++) vector[i] = bits[i] === 1 ? scale : -scale
    },
  }
}

export interface SignOptions {
  /** β of a momentum that each worker keeps and sends the signs of (Signum's own form), 0 ≤ β < 1. Default 0. */
  readonly momentum?: number
}

/**
 * The sign of each entry, and the sign of what the majority of the workers says; ties give 0. One bit an entry, and in
 * the air ±1. Signum is this with `momentum`, or followed by an optimizer's momentum as in the LASER paper. State with
 * momentum: `momentum.*` [workers, …].
 */
export function sign(options: SignOptions = {}): Compressor {
  checkOptions('sign', options, ['momentum'])
  const { momentum = 0 } = options
  checkNumber('sign', 'momentum', momentum, (x) => x >= 0 && x < 1, 'a number from 0 to below 1')
  const name = momentum === 0 ? 'sign, majority vote' : `signum, momentum ${momentum}, majority vote`
  const properties = { linear: false, unbiased: false, needsErrorFeedback: false, allReducible: true }
  const digital = gathered({
    name,
    properties,
    codec: signCodec(() => 1),
    finish: (votes) => votes.forEach((vote, i) => (votes[i] = Math.sign(vote))),
  })
  return {
    name,
    properties,
    init: (params, workers) => ({
      json: null,
      tensors:
        momentum === 0
          ? {}
          : prefixParams(
              mapParams(params, ({ shape, backend }) => zeros([workers, ...shape], { backend })),
              'momentum',
            ),
    }),
    async exchange(messages, context) {
      const { link, run, state } = context
      const moments =
        momentum === 0
          ? messages
          : run(() =>
              mapParams(messages, (value, tensor) =>
                add(multiply(state.tensors[`momentum.${tensor}`], momentum), multiply(value, 1 - momentum)),
              ),
            )
      const next = momentum === 0 ? state : { json: null, tensors: prefixParams(moments, 'momentum') }
      if (!link.isAnalog) return { ...(await digital.exchange(moments, context)), state: next }
      const signs = run(() => mapParams(moments, (value) => signOf(value)))
      const votes = await link.mean(signs)
      return { received: run(() => mapParams(votes, (value) => signOf(value))), sent: () => signs, state: next }
    },
  }
}

/**
 * ‖x‖₁/d · sign(x), tensor by tensor: one bit an entry and a scale. A contraction, made for `errorFeedback`. In the air
 * its values are sent as they are.
 */
export function scaledSign(): Compressor {
  const name = 'scaled sign'
  const properties = { linear: false, unbiased: false, needsErrorFeedback: true, allReducible: true }
  const digital = gathered({
    name,
    properties,
    codec: signCodec((vector) => vector.reduce((sum, value) => sum + Math.abs(value), 0) / vector.length),
  })
  return {
    name,
    properties,
    async exchange(messages, context) {
      const { link, run, state } = context
      if (!link.isAnalog) return digital.exchange(messages, context)
      const scaled = run(() =>
        mapParams(messages, (value) => {
          const scales = mean(reshape(abs(value), [value.shape[0], -1]), 1)
          return multiply(signOf(value), reshape(scales, [value.shape[0], ...value.shape.slice(1).map(() => 1)]))
        }),
      )
      return { received: await link.mean(scaled), sent: () => scaled, state }
    },
  }
}
