/** Tensors between Lemanic and TensorFlow.js, and our operations as operations of tfjs. */
import type { Backend } from './backend.js'
import type { DType } from './dtype.js'
import { argumentError } from './errors.js'
import { vjp } from './gradients.js'
import { tensor } from './operations/creation.js'
import { dispose, scope } from './scope.js'
import type { Tensor } from './tensor.js'

export {
  createTensorFlowBackend,
  type TensorFlowBackendOptions,
} from './backends/tensorflow/create-tensorflow-backend.js'

type TfjsValues = Float32Array | Int32Array | Uint8Array
type TfjsDType = 'float32' | 'int32' | 'bool'

/** What is used of a `tf.Tensor`; no types of tfjs are needed. */
export interface TfjsTensor {
  readonly shape: number[]
  readonly dtype: string
  dataSync(): unknown
  data(): Promise<unknown>
}

/** What is used of a tfjs namespace: `import * as tf from '@tensorflow/tfjs'`, or another of its packages. */
export interface Tfjs<T extends TfjsTensor> {
  tensor(values: TfjsValues, shape: number[], dtype: TfjsDType): T
}

/** As `Tfjs`, with gradients. */
export interface DifferentiableTfjs<T extends TfjsTensor> extends Tfjs<T> {
  customGrad(f: (...inputs: unknown[]) => { value: T; gradFunc: (dy: T, saved: T[]) => T[] }): (...inputs: T[]) => T
}

export interface FromTfjsOptions {
  /** Where the tensor will live. Default: the default backend. */
  readonly backend?: Backend
}

const shared: readonly DType[] = ['float32', 'int32', 'bool']

function sharedDType(where: string, dtype: string): TfjsDType {
  if (!shared.includes(dtype as DType)) {
    throw argumentError(where, `expected a tensor of ${shared.join(', ')}, got ${dtype}`, {
      help: 'cast it to float32 first',
    })
  }
  return dtype as TfjsDType
}

/** A `tf.Tensor` of float32, int32 or bool as a tensor of ours; copies, and leaves the original alive. */
export async function fromTfjs(x: TfjsTensor, { backend }: FromTfjsOptions = {}): Promise<Tensor> {
  const dtype = sharedDType('fromTfjs', x.dtype)
  return tensor((await x.data()) as TfjsValues, x.shape, { dtype, ...(backend && { backend }) })
}

/** `fromTfjs` without waiting, for tfjs backends that can be read at once (all but `webgpu`). */
export function fromTfjsSync(x: TfjsTensor, { backend }: FromTfjsOptions = {}): Tensor {
  const dtype = sharedDType('fromTfjs', x.dtype)
  return tensor(x.dataSync() as TfjsValues, x.shape, { dtype, ...(backend && { backend }) })
}

/** A tensor of ours as a `tf.Tensor` on tfjs's current backend; copies, and leaves the original alive. */
export async function toTfjs<T extends TfjsTensor>(tf: Tfjs<T>, x: Tensor): Promise<T> {
  const dtype = sharedDType('toTfjs', x.dtype)
  return tf.tensor((await x.data()) as TfjsValues, [...x.shape], dtype)
}

/** `toTfjs` without waiting. */
export function toTfjsSync<T extends TfjsTensor>(tf: Tfjs<T>, x: Tensor): T {
  return tf.tensor(x.dataSync() as TfjsValues, [...x.shape], sharedDType('toTfjs', x.dtype))
}

/**
 * A function of our tensors as an operation of tfjs, with its gradient: what is fused here (attention, layer norm,
 * softmax cross-entropy …) then takes part in `tf.grads` and `optimizer.minimize`. Values are copied both ways, and the
 * gradient computes the function again. It is differentiable once, by its float32 inputs.
 *
 *     const attend = forTfjs(tf, (q, k, v) => attention(q, k, v, { causal: true }))
 *     const y = attend(q, k, v) // a tf.Tensor
 */
export function forTfjs<T extends TfjsTensor>(
  tf: DifferentiableTfjs<T>,
  f: (...inputs: Tensor[]) => Tensor,
  options: FromTfjsOptions = {},
): (...inputs: T[]) => T {
  const call = tf.customGrad((...given: unknown[]) => {
    // tfjs hands over the inputs, then the function that keeps them for the gradient.
    const inputs = given.slice(0, -1) as T[]
    const save = given.at(-1) as (tensors: T[]) => void
    save(inputs)
    const value = out(tf, () => [f(...inputs.map((x) => fromTfjsSync(x, options)))])[0]!
    return { value, gradFunc: (dy, saved) => gradients(saved, dy) }
  })

  function gradients(inputs: readonly T[], dy: T): T[] {
    const places = inputs.flatMap(({ dtype }, i) => (dtype === 'float32' ? [i] : []))
    const found = out(tf, () => {
      const all = inputs.map((x) => fromTfjsSync(x, options))
      const of = (variables: readonly Tensor[]): Tensor => {
        const whole = [...all]
        places.forEach((place, i) => (whole[place] = variables[i]!))
        return f(...whole)
      }
      const { pullback } = vjp(
        of,
        places.map((place) => all[place]!),
      )
      return pullback(fromTfjsSync(dy, options))
    })
    // tfjs wants one for each input; whole numbers have none, which is zeros of their shape.
    return inputs.map((x, i) => {
      const place = places.indexOf(i)
      if (place >= 0) return found[place]!
      const size = x.shape.reduce((product, length) => product * length, 1)
      return tf.tensor(new Float32Array(size), x.shape, 'float32')
    })
  }

  return call
}

/** Computes in a scope of its own and hands the results over to tfjs. */
function out<T extends TfjsTensor>(tf: Tfjs<T>, compute: () => readonly Tensor[]): T[] {
  const results = scope(compute)
  try {
    return results.map((x) => toTfjsSync(tf, x))
  } finally {
    dispose(results)
  }
}
