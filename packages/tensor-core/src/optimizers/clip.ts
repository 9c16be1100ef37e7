import { add, divide, maximum, minimum, multiply } from '../operations/binary.js'
import { normParams } from '../params/arithmetic.js'
import { mapParams } from '../params/params.js'
import { emptyState } from '../params/state.js'
import { scope } from '../scope.js'
import { checkNumber, type GradientTransform } from './optimizer.js'

/**
 * Scales all gradients together so that their Euclidean norm is at most `maximumNorm`: factor
 * min(1, maximumNorm / (norm + 1e-6)), as PyTorch's `clip_grad_norm_`.
 */
export function clipByGlobalNorm(maximumNorm: number): GradientTransform {
  checkNumber('clipByGlobalNorm', 'maximumNorm', maximumNorm, (value) => value > 0, 'a number above 0')
  return {
    isCompilable: true,
    init: () => emptyState,
    update: (grads, state) => ({
      grads: scope(() => {
        const factor = minimum(divide(maximumNorm, add(normParams(grads), 1e-6)), 1)
        return mapParams(grads, (gradient) => multiply(gradient, factor))
      }),
      state,
    }),
  }
}

/** Limits each element of the gradients to −limit … limit, as PyTorch's `clip_grad_value_`. */
export function clipByValue(limit: number): GradientTransform {
  checkNumber('clipByValue', 'limit', limit, (value) => value > 0, 'a number above 0')
  return {
    isCompilable: true,
    init: () => emptyState,
    update: (grads, state) => ({
      grads: mapParams(grads, (gradient) => maximum(minimum(gradient, limit), -limit)),
      state,
    }),
  }
}
