import {
  add,
  cast,
  equal,
  expandDimensions,
  less,
  multiply,
  range,
  reshape,
  slice,
  softplus,
  subtract,
  sum,
} from '@lemanic/tensor-core'
import { invalid } from '../names.js'
import { entropyOf, logOdds, sigmoidOf, type Task } from './task.js'

/**
 * Time to an event, in discrete intervals 0 … intervals − 1, with censoring. The decoder gives the logit of each
 * interval's hazard h, the probability of the event in an interval given that it has not come before.
 *
 * Target: (k, 1) for an event in interval k; (k, 0) for a sample that was last seen event-free after intervals 0 … k − 1,
 * k = intervals for one that never had it. The loss is −Σ_{t<k} log(1 − h_t), less log h_k for an event.
 *
 * Source: Singer & Willett 1993; Gensheimer & Narasimhan, "A scalable discrete-time survival model for neural networks",
 * 2019.
 */
export function survivalTask({ intervals }: { readonly intervals: number }): Task {
  if (!Number.isInteger(intervals) || intervals < 1)
    throw invalid('survivalTask', `intervals: expected a whole number ≥ 1, got ${intervals}`)
  return {
    kind: 'survival',
    outputs: intervals,
    targetWidth: 2,
    labels: 1,
    loss(outputs, target) {
      const moment = slice(target, [undefined, [0, 1]]) // [B, 1]
      const event = slice(target, [undefined, [1, 2]])
      const times = reshape(cast(range(intervals, { backend: outputs.backend }), 'float32'), [1, intervals])
      const survived = cast(less(times, moment), 'float32') // [B, intervals]
      const here = multiply(cast(equal(times, moment), 'float32'), event)
      // softplus(z) = −log(1 − h), softplus(z) − z = −log h
      const losses = add(multiply(survived, softplus(outputs)), multiply(here, subtract(softplus(outputs), outputs)))
      return expandDimensions(sum(losses, 1), 1)
    },
    estimate(outputs) {
      let alive = 1
      const deaths: number[] = []
      const values: number[] = []
      for (let t = 0; t < intervals; t++) {
        const hazard = sigmoidOf(outputs[t])
        deaths.push(alive * hazard)
        alive *= 1 - hazard
        values.push(alive)
      }
      return {
        values,
        scores: values.map((value) => logOdds(1 - value)),
        uncertainty: entropyOf([...deaths, alive]),
      }
    },
    checkTarget(target, where) {
      const [moment, event] = [target[0], target[1]]
      const isGood =
        Number.isInteger(moment) &&
        moment >= 0 &&
        (event === 1 ? moment < intervals : event === 0 && moment <= intervals)
      if (!isGood)
        throw invalid(
          where,
          `expected an interval from 0 to ${intervals - 1} with event 1, or up to ${intervals} with event 0, got (${moment}, ${event})`,
        )
    },
  }
}
