import type { Backend, OperationName, Spec } from '../backend.js'
import { vjp } from '../gradients.js'
import { tensor } from '../operations/creation.js'
import { dispose, scope } from '../scope.js'
import { formatShape } from '../shape.js'
import type { Tensor } from '../tensor.js'
import type { Tolerance } from './compare.js'
import { normal, type HostValues } from './host-values.js'

export type Outputs = Tensor | readonly Tensor[]

/** One call of one operation: what goes in, how to call it, and how close results must be. */
export interface Case {
  /** The primitive or fused operation of the backend table that this is about; `composition` for what is made of several. */
  readonly operation: OperationName | 'composition'
  /** Unique; says what is special about the inputs. */
  readonly name: string
  readonly inputs: () => readonly HostValues[]
  readonly compute: (inputs: readonly Tensor[]) => Outputs
  readonly tolerance?: Tolerance
  /** Of the second derivative, where a difference of near numbers loses more digits than usual. */
  readonly secondTolerance?: Tolerance
  /** Inputs that the outputs are differentiated by; default: every float32 input. Empty: none. */
  readonly differentiable?: readonly number[]
  /** Compare gradients with finite differences, too: for smooth places and small sizes. Default true. */
  readonly smooth?: boolean
  /** Also check second derivatives. Default: as `smooth`. */
  readonly twice?: boolean
}

export const outputsOf = (result: Outputs): readonly Tensor[] => (Array.isArray(result) ? result : [result as Tensor])

/** The inputs of a case that it is differentiated by. */
export function differentiableInputs(testCase: Case, inputs: readonly HostValues[]): readonly number[] {
  return testCase.differentiable ?? inputs.flatMap(({ dtype }, i) => (dtype === 'float32' ? [i] : []))
}

function compute(testCase: Case, inputs: readonly HostValues[], backend: Backend): readonly Tensor[] {
  return scope(() =>
    outputsOf(testCase.compute(inputs.map(({ values, shape, dtype }) => tensor(values, shape, { dtype, backend })))),
  )
}

/** The outputs of a case on a backend whose memory can be read at once. */
export function evaluateSync(testCase: Case, inputs: readonly HostValues[], backend: Backend): HostValues[] {
  const outputs = compute(testCase, inputs, backend)
  const results = outputs.map((output) => ({ shape: output.shape, dtype: output.dtype, values: output.dataSync() }))
  dispose(outputs)
  return results
}

/** The outputs of a case on any backend. */
export async function evaluate(testCase: Case, backend: Backend): Promise<HostValues[]> {
  const outputs = compute(testCase, testCase.inputs(), backend)
  const results: HostValues[] = []
  for (const output of outputs) results.push({ shape: output.shape, dtype: output.dtype, values: await output.data() })
  dispose(outputs)
  return results
}

/**
 * The case whose outputs are the cotangents of `testCase`'s differentiable inputs, and whose inputs are those of
 * `testCase` followed by seeded cotangents of its float32 outputs. Its own derivative is the second one.
 */
export function derivative(testCase: Case, oracle: Backend): Case {
  const floats = <Output extends Spec>(outputs: readonly Output[]): readonly Output[] =>
    outputs.filter(({ dtype }) => dtype === 'float32')
  const own = testCase.inputs()
  const cotangents = floats(evaluateSync(testCase, own, oracle)).map(({ shape }, i) => normal(shape, 1001 + i))
  const inputs = [...own, ...cotangents]
  const count = own.length
  const wanted = differentiableInputs(testCase, own)
  return {
    operation: testCase.operation,
    name: `${testCase.name}: gradient`,
    inputs: () => inputs,
    compute(tensors) {
      const call = (variables: readonly Tensor[]): readonly Tensor[] => {
        const all = tensors.slice(0, count)
        wanted.forEach((position, i) => (all[position] = variables[i]!))
        return floats(outputsOf(testCase.compute(all)))
      }
      return vjp(
        call,
        wanted.map((position) => tensors[position]!),
      ).pullback(tensors.slice(count))
    },
    differentiable: [...wanted, ...cotangents.map((_, i) => count + i)],
    ...(testCase.smooth === undefined ? {} : { smooth: testCase.smooth }),
    tolerance: looser(testCase.tolerance),
  }
}

function looser(tolerance: Tolerance | undefined): Tolerance {
  return {
    relative: Math.max(2e-5, 4 * (tolerance?.relative ?? 0)),
    scaled: Math.max(1e-5, 4 * (tolerance?.scaled ?? 0)),
  }
}

/** `[2, 3] [3]`: the shapes of a case's inputs, for its name. */
export function shapesText(inputs: readonly HostValues[]): string {
  return inputs.map(({ shape }) => formatShape(shape)).join(' ')
}
