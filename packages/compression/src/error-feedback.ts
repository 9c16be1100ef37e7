import { LemanicError } from '@lemanic/tensor-core'
import type { Compressor, Payload } from './compressor.js'

/** What one step of error feedback gives. */
export interface ErrorFeedbackStep {
  /** Goes over the wire. */
  readonly payload: Payload
  /** What the receiver makes of the payload. */
  readonly sent: Float32Array
  /** What was held back; the next step's memory. */
  readonly memory: Float32Array
}

/**
 * Error feedback: what a compressor holds back now is added before the next compression.
 *
 * With gradient g, memory e and compressor C: p = e + g, sent = C(p), e ← p − sent. Over any number of steps the sum of
 * all that was sent and the memory equals the sum of the gradients. Seide et al. 2014; Stich, Cordonnier and Jaggi 2018
 * (arXiv 1809.07599); Karimireddy et al. 2019 (arXiv 1901.09847), algorithm 2 with the learning rate applied by the
 * optimizer.
 *
 * @param memory From the last step, or `new Float32Array(gradient.length)` at the first; left unchanged.
 */
export function errorFeedback(compressor: Compressor, memory: Float32Array, gradient: Float32Array): ErrorFeedbackStep {
  if (memory.length !== gradient.length) {
    throw new LemanicError(
      'invalid-argument',
      `errorFeedback: expected a memory of ${gradient.length} entries, as the gradient has, got ${memory.length}`,
      {
        fields: { memory: memory.length, gradient: gradient.length },
        help: 'keep one memory for each vector that is compressed',
      },
    )
  }
  const proposed = gradient.map((value, index) => value + memory[index])
  const payload = compressor.compress(proposed)
  const sent = compressor.decompress(payload)
  return { payload, sent, memory: proposed.map((value, index) => value - sent[index]) }
}
