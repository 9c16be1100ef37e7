import { add, multiply } from '../operations/binary.js'
import { mapParams } from '../params/params.js'
import { emptyState } from '../params/state.js'
import { checkSameStructure } from '../params/structure.js'
import type { Tensor } from '../tensor.js'
import { decaysAll, type DecayMask } from './moments.js'
import { checkNumber, type GradientTransform } from './optimizer.js'

/** Adds λ · parameter to the gradient of each tensor that `decays` names (default: all): the L2 penalty λ/2 ‖p‖². */
export function addDecayedWeights(weightDecay: number, decays: DecayMask = decaysAll): GradientTransform {
  checkNumber('addDecayedWeights', 'weightDecay', weightDecay, (value) => value >= 0, 'a number ≥ 0')
  return {
    isCompilable: true,
    init: () => emptyState,
    update(grads, state, params) {
      checkSameStructure(params, grads, { where: 'addDecayedWeights', got: 'the gradients' })
      return {
        grads: mapParams(grads, (gradient, name) => {
          const value = params[name] as Tensor
          return decays(name, value) ? add(gradient, multiply(value, weightDecay)) : gradient
        }),
        state,
      }
    },
  }
}
