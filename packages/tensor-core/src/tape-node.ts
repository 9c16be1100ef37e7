import type { Spec } from './backend.js'
import type { Tensor } from './tensor.js'

/** What an operation is: its shape rule, how to compose it, how to differentiate it. */
export interface Operation<Attributes> {
  readonly name: string
  /** Output specs for input specs; throws a shape error. */
  infer(inputs: readonly Spec[], attributes: Attributes): readonly Spec[]
  /** The same result from other operations: used where a backend has no kernel, and for second derivatives. */
  compose?(inputs: readonly Tensor[], attributes: Attributes): readonly Tensor[]
  /** Cotangents of the inputs, in order; undefined where there is none (integers) or it is not needed. */
  gradient?(call: GradientCall<Attributes>): readonly (Tensor | undefined)[]
}

export interface GradientCall<Attributes> {
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor[]
  /** Cotangents of the outputs; undefined for outputs nothing depends on. */
  readonly gradients: readonly (Tensor | undefined)[]
  readonly attributes: Attributes
  /** Which inputs need a cotangent: a rule may skip the others. */
  readonly needs: readonly boolean[]
}

/** One recorded call. Nodes are ordered by `id`, so descending ids are a reverse topological order. */
export interface TapeNode {
  readonly id: number
  /** Undefined for a variable that a gradient is taken with respect to. */
  readonly operation: Operation<never> | undefined
  readonly inputs: readonly Tensor[]
  outputs: readonly Tensor[]
  readonly attributes: unknown
}
