import { argumentError } from '../errors.js'
import { joinStates, splitState, type State } from '../params/state.js'
import { scope } from '../scope.js'
import type { GradientTransform, Optimizer } from './optimizer.js'

/**
 * Composes gradient transforms, first to last, and the optimizer that takes their result:
 * `chain(clipByGlobalNorm(1), adamw({ learningRate: 1e-3 }))`.
 */
export function chain(...parts: readonly [...GradientTransform[], Optimizer]): Optimizer {
  const optimizer = parts[parts.length - 1] as Optimizer | undefined
  const transforms = parts.slice(0, -1) as GradientTransform[]
  if (optimizer === undefined) throw argumentError('chain', 'expected an optimizer as the last part, got nothing')
  return {
    ...(optimizer.learningRate === undefined
      ? {}
      : { learningRate: (step) => optimizer.learningRate?.(step) as number }),
    isCompilable: parts.every((part) => part.isCompilable === true),
    init: (params) => joinStates(parts.map((part) => part.init(params))),
    update: (grads, state, params, step) =>
      scope(() => {
        const states = splitState(state, parts.length, 'chain')
        const next: State[] = []
        let current = grads
        transforms.forEach((transform, i) => {
          const result = transform.update(current, states[i] as State, params, step)
          current = result.grads
          next.push(result.state)
        })
        const result = optimizer.update(current, states[transforms.length] as State, params, step)
        return { params: result.params, state: joinStates([...next, result.state]) }
      }),
  }
}
