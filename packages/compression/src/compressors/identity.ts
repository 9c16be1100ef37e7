import type { Compressor } from '../compressor.js'

/**
 * Sends everything. Over an analog channel this is Z-SGD, the plain analog scheme: the noise has as many entries as the
 * gradient.
 */
export function identity(): Compressor {
  return {
    name: 'identity',
    properties: { linear: true, unbiased: true, needsErrorFeedback: false, allReducible: true },
    exchange: async (messages, { link, state }) => ({
      received: await link.mean(messages),
      sent: () => messages,
      state,
    }),
  }
}
