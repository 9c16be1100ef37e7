import type { Compressor } from './compressor.js'
import { identity } from './compressors/identity.js'
import { checkWhole } from './refuse.js'

/**
 * Sends everything for the first `steps` steps, when gradients change fastest, and compresses from then on. Put it
 * outside of `errorFeedback`, whose memory stays zero until then.
 */
export function startAfter(steps: number, compressor: Compressor): Compressor {
  checkWhole('startAfter', 'steps', steps, 0)
  const whole = identity()
  return {
    ...compressor,
    name: `${compressor.name}, after ${steps} steps`,
    properties: { ...compressor.properties, linear: false, unbiased: false },
    exchange: (messages, context) => (context.step < steps ? whole : compressor).exchange(messages, context),
  }
}
