import type { KeyWords } from '../backend.js'
import { keyAttribute } from '../compile/traced-key.js'
import { argumentError } from '../errors.js'
import { run } from '../run.js'
import type { Tensor } from '../tensor.js'
import { divide, multiply } from './binary.js'
import { greaterEqual } from './comparison.js'
import { randomUniform } from './creation.js'
import { expectDType } from './define.js'
import { type Fused } from './fused.js'
import { cast } from './unary.js'

const dropoutOperation: Fused<'dropout'> = {
  name: 'dropout',
  infer([x]) {
    expectDType('dropout', x!, 'float32')
    return [x!]
  },
  compose([x], { rate, key }) {
    const survives = greaterEqual(randomUniform({ words: key }, x!.shape, { backend: x!.backend }), rate)
    return [divide(multiply(x!, cast(survives, 'float32')), 1 - rate)]
  },
  gradient: ({ gradients, attributes }) => [run(dropoutOperation, [gradients[0]!], attributes)[0]],
}

/** Dropout with the attributes of another operation, for what that composes; `x` as it is at rate 0. */
export function dropWith(x: Tensor, attributes: { readonly rate: number; readonly key: KeyWords }): Tensor {
  // the attributes go as they are: they may say how a recorded step reads its key
  return attributes.rate === 0 ? x : run(dropoutOperation, [x], attributes)[0]!
}

/**
 * Zeroes each element with probability `rate` (0 ≤ rate < 1) and scales the others by 1 / (1 − rate). The key alone
 * decides which: the same key drops the same elements on every backend. float32.
 */
export function dropout(x: Tensor, rate: number, key: { readonly words: KeyWords }): Tensor {
  if (!(rate >= 0 && rate < 1)) throw argumentError('dropout', `rate must be at least 0 and below 1, got ${rate}`)
  return rate === 0 ? x : run(dropoutOperation, [x], { rate, ...keyAttribute(key) })[0]!
}
