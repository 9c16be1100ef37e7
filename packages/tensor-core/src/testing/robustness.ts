import type { Backend, OperationAttributes, OperationName, Spec } from '../backend.js'
import { callKernel } from './call-kernel.js'
import { fail } from './compare.js'
import type { Check } from './conformance.js'
import { formatShape } from '../shape.js'
import { hostValues, normal, type HostValues } from './host-values.js'

/** Far outside every axis: an engine that followed them would leave its memory. */
const foreign = (count: number): HostValues =>
  hostValues(
    [count],
    Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 2 ** 30 : -(2 ** 30))),
    'int32',
  )

const float = (...shape: number[]): Spec => ({ shape, dtype: 'float32' })

/** Indices outside an axis must end in an error or in any numbers at all, but never in foreign memory; and leave no buffer. */
export function robustnessChecks(backend: Backend): Check[] {
  function check<Name extends OperationName>(
    operation: Name,
    inputs: readonly HostValues[],
    attributes: OperationAttributes[Name],
    outputs: readonly Spec[],
  ): Check {
    return {
      name: `${operation} ${inputs.map(({ shape }) => formatShape(shape)).join(' ')} ${JSON.stringify(attributes)} with indices outside`,
      operation,
      async run() {
        if (backend.kernels[operation] === undefined) return
        const before = backend.memory().buffers
        try {
          callKernel(backend, operation, inputs, attributes, outputs)
        } catch (cause) {
          if (!(cause instanceof Error) || cause.message === '') fail('threw without a message')
        }
        const after = backend.memory().buffers
        if (after !== before) fail(`${after - before} buffers were left behind`)
      },
    }
  }
  const row = foreign(4)
  const matrix = { ...foreign(12), shape: [4, 3] }
  return [
    check('gather', [normal([5, 3]), row], { axis: 0 }, [float(4, 3)]),
    check('gather', [normal([5, 3]), row], { axis: 1 }, [float(5, 4)]),
    check('scatterAdd', [normal([4, 3]), row], { axis: 0, size: 5 }, [float(5, 3)]),
    check('takeAlongAxis', [normal([5, 3]), matrix], { axis: 0 }, [float(4, 3)]),
    check('takeAlongAxisGradient', [normal([4, 3]), matrix], { axis: 0, size: 5 }, [float(5, 3)]),
    check('oneHot', [row], { depth: 7 }, [float(4, 7)]),
    check('embedding', [normal([5, 3]), row], {}, [float(4, 3)]),
    check('softmaxCrossEntropy', [normal([4, 3]), row], { ignoreIndex: -100 }, [float(4), float(4)]),
    check('softmaxCrossEntropyGradient', [normal([4]), normal([4, 3]), row, normal([4])], { ignoreIndex: -100 }, [
      float(4, 3),
    ]),
  ]
}
