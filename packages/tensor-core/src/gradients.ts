import { backward } from './backward.js'
import { argumentError } from './errors.js'
import { onesLike, zerosLike } from './operations/creation.js'
import { variable } from './record.js'
import { recording, recordingDepth } from './recording.js'
import { scope, visitTensors } from './scope.js'
import { formatShape } from './shape.js'
import { isTensor, type Tensor } from './tensor.js'
import { leavesOf, rebuild, type Tree } from './tree.js'

/** A function's value with the map from its output's cotangent to its input's. */
export interface VectorJacobian<In extends Tree, Out extends Tree> {
  readonly value: Out
  /** Cotangent of the output (same form and shapes) → cotangent of the input. May be called several times. */
  pullback(cotangent: Out): In
}

function checkFloat(leaves: readonly Tensor[], where: string): void {
  for (const leaf of leaves) {
    if (leaf.dtype !== 'float32')
      throw argumentError(where, `can differentiate with respect to float32 tensors only, got ${leaf}`)
  }
}

/**
 * Vector–Jacobian product: runs `f` and returns its value with the pullback. `f` may itself take gradients.
 * The recorded tensors live until the enclosing scope ends: call it inside `scope`.
 */
export function vjp<In extends Tree, Out extends Tree>(f: (input: In) => Out, input: In): VectorJacobian<In, Out> {
  const leaves = leavesOf(input, 'vjp')
  checkFloat(leaves, 'vjp')
  const variables = leaves.map(variable)
  const value = recording(() => f(rebuild(input, variables)))
  const outputs = leavesOf(value, 'vjp')
  return {
    value,
    pullback(cotangent) {
      const cotangents = leavesOf(cotangent, 'vjp')
      if (cotangents.length !== outputs.length) {
        throw argumentError('vjp', `the cotangent has ${cotangents.length} tensors, the output ${outputs.length}`)
      }
      const differentiable = outputs.flatMap((output, i) => (output.node === undefined ? [] : [i]))
      const gradients = backward(
        differentiable.map((i) => outputs[i]!),
        differentiable.map((i) => cotangents[i]!),
        variables,
      )
      return rebuild(input, gradients)
    },
  }
}

/**
 * Jacobian–vector product by two vector–Jacobian products: `{ value, tangent }` where tangent = J·v has the form of
 * the output. `direction` has the form of `input`.
 */
export function jvp<In extends Tree, Out extends Tree>(
  f: (input: In) => Out,
  input: In,
  direction: In,
): { value: Out; tangent: Out } {
  return scope(() => {
    const { value, pullback } = vjp(f, input)
    const zeros = rebuild(value, leavesOf(value, 'jvp').map(zerosLike))
    const transposed = vjp(pullback, zeros)
    return { value, tangent: transposed.pullback(direction) }
  })
}

/** What a loss function may return: the scalar alone, or with whatever else the caller wants to see. */
export type LossResult<Aux> = Tensor | { readonly loss: Tensor; readonly aux: Aux }

export interface ValueAndGrad<In extends Tree, Aux> {
  /** Scalar float32. */
  readonly loss: Tensor
  /** Same form and shapes as the first argument. */
  readonly grads: In
  /** What the loss function returned beside the loss; undefined if nothing. */
  readonly aux: Aux
}

/**
 * Turns a loss function into one that also returns the gradient with respect to its first argument (a tensor, an
 * array or a record of tensors). Leaves no other tensor behind: forward results go as soon as the sweep has passed.
 * Throws `invalid-shape` when the loss is not a scalar.
 */
export function valueAndGrad<In extends Tree, Rest extends readonly unknown[], Aux = undefined>(
  f: (input: In, ...rest: Rest) => LossResult<Aux>,
): (input: In, ...rest: Rest) => ValueAndGrad<In, Aux> {
  return (input, ...rest) =>
    scope(() => {
      const leaves = leavesOf(input, 'valueAndGrad')
      checkFloat(leaves, 'valueAndGrad')
      const variables = leaves.map(variable)
      const result = recording(() => f(rebuild(input, variables), ...rest))
      const loss = isTensor(result) ? result : result.loss
      const aux = (isTensor(result) ? undefined : result.aux) as Aux
      if (!isTensor(loss) || loss.size !== 1 || loss.dtype !== 'float32') {
        throw argumentError(
          'valueAndGrad',
          `the loss must be one float32 number, got ${isTensor(loss) ? formatShape(loss.shape) + ' ' + loss.dtype : typeof loss}`,
          {
            help: 'reduce it first, for instance with mean(loss)',
          },
        )
      }
      const isOutermost = recordingDepth() === 0
      const kept = new Set<Tensor>([loss])
      visitTensors(aux, (tensor) => kept.add(tensor))
      const gradients =
        loss.node === undefined
          ? variables.map(zerosLike)
          : backward([loss], [onesLike(loss)], variables, { release: isOutermost, kept })
      if (isOutermost) for (const tensor of [...kept, ...gradients]) tensor.node = undefined
      return { loss, grads: rebuild(input, gradients), aux }
    })
}

/** The gradient alone of a scalar function with respect to its first argument. */
export function grad<In extends Tree, Rest extends readonly unknown[]>(
  f: (input: In, ...rest: Rest) => LossResult<unknown>,
): (input: In, ...rest: Rest) => In {
  const both = valueAndGrad(f)
  return (input, ...rest) => scope(() => both(input, ...rest).grads)
}
