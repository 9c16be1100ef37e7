// Error feedback: what a compressor holds back now is added to the next message.
//
// g_k gradient, e_k memory of worker k:  M_k = g_k + e_k;  e_k ← decay · (M_k − what was sent)
//
// Sources: Seide, Fu, Droppo, Li, Yu 2014; Stich, Cordonnier, Jaggi, "Sparsified SGD with Memory", 2018 (arXiv 1809.07599);
// Karimireddy, Rebjock, Stich, Jaggi, "Error Feedback Fixes SignSGD", 2019 (arXiv 1901.09847), algorithm 2, the learning
// rate being the optimizer's business.

import {
  add,
  joinStates,
  mapParams,
  multiply,
  reshape,
  splitState,
  subtract,
  tensor,
  zeros,
} from '@lemanic/tensor-core'
import type { Compressor } from './compressor.js'
import { checkChoice, checkNumber, checkOptions } from './refuse.js'

export interface ErrorFeedbackOptions {
  /**
   * What counts as sent: `local`, the worker's own payload without noise, or `aggregate`, what everybody received
   * (PowerSGD's original). Over a noisy channel `aggregate` feeds the noise back into the next message. Default `local`.
   */
  readonly target?: 'local' | 'aggregate'
  /** Factor of the memory at each step, above 0 and up to 1. Default 1. */
  readonly decay?: number
}

/**
 * Adds a memory of what was not sent to a compressor. State: `0.memory.*` [workers, …] and the compressor's own as `1.*`.
 * The memory is the local workers': a rank restores its own.
 */
export function errorFeedback(compressor: Compressor, options: ErrorFeedbackOptions = {}): Compressor {
  checkOptions('errorFeedback', options, ['target', 'decay'])
  const { target = 'local', decay = 1 } = options
  checkChoice('errorFeedback', 'target', target, ['local', 'aggregate'])
  checkNumber('errorFeedback', 'decay', decay, (x) => x > 0 && x <= 1, 'a number above 0 and at most 1')
  return {
    name: `${compressor.name}, error feedback${target === 'local' ? '' : ' against the aggregate'}`,
    properties: { ...compressor.properties, linear: false, unbiased: false, needsErrorFeedback: false },
    init(params, workers) {
      const memory = Object.fromEntries(
        Object.entries(params).map(([name, { shape, backend }]) => [
          `memory.${name}`,
          zeros([workers, ...shape], { backend }),
        ]),
      )
      return joinStates([
        { json: null, tensors: memory },
        compressor.init?.(params, workers) ?? { json: null, tensors: {} },
      ])
    },
    async exchange(gradients, context) {
      const { run, link } = context
      const [memory, inner] = splitState(context.state, 2, 'errorFeedback')
      const messages = run(() => mapParams(gradients, (value, name) => add(value, memory.tensors[`memory.${name}`])))
      const result = await compressor.exchange(messages, { ...context, state: inner })
      const sent = target === 'local' ? run(() => result.sent()) : result.received
      const isComplete = link.delivered.every((value) => value === 1)
      const left = run(() =>
        Object.fromEntries(
          Object.entries(messages).map(([name, message]) => {
            const part = isComplete ? sent[name] : multiply(sent[name], delivery(link.delivered, message))
            const rest = subtract(message, part)
            return [`memory.${name}`, decay === 1 ? rest : multiply(rest, decay)]
          }),
        ),
      )
      return {
        received: result.received,
        compressed: messages,
        sent: () => (target === 'local' ? sent : result.sent()),
        state: joinStates([{ json: null, tensors: left }, result.state]),
      }
    },
  }
}

/** 1 and 0 for each worker, to be multiplied with a message: a silent worker has sent nothing. */
function delivery(delivered: Float64Array, { shape, backend }: ReturnType<typeof zeros>) {
  const column = tensor(Float32Array.from(delivered), [delivered.length], { backend })
  return reshape(column, [delivered.length, ...shape.slice(1).map(() => 1)])
}

/** Says that a compressor which needs error feedback is to be used without: for ablations. */
export function withoutErrorFeedback(compressor: Compressor): Compressor {
  return {
    ...compressor,
    name: `${compressor.name}, without error feedback`,
    properties: { ...compressor.properties, needsErrorFeedback: false },
  }
}
