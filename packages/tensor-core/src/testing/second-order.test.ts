import { describe, expect, it } from 'vitest'
import { createCpuBackend } from '../backends/cpu/create-cpu-backend.js'
import { hessianVectorProduct } from '../curvature.js'
import { grad, jvp, vjp } from '../gradients.js'
import {
  add,
  attention,
  gelu,
  layerNorm,
  linear,
  multiply,
  power,
  reshape,
  softmaxCrossEntropy,
  sum,
  tensor,
} from '../operations/index.js'
import { scope } from '../scope.js'
import type { Tensor } from '../tensor.js'
import { normal, type HostValues } from './host-values.js'

const backend = createCpuBackend()
const upload = ({ values, shape }: HostValues): Tensor => tensor(values, shape, { backend })
const shifted = (x: HostValues, along: HostValues, distance: number): HostValues => ({
  ...x,
  values: (x.values as Float32Array).map((value, i) => value + distance * along.values[i]!),
})
const numbers = (x: Tensor): number[] => [...x.dataSync()]

/** A small transformer block with a loss, in the parameters of its attention input. */
function loss(x: Tensor): Tensor {
  const constant = (shape: number[], seed: number, deviation = 1): Tensor => upload(normal(shape, seed, deviation))
  const normed = layerNorm(x, constant([6], 2), constant([6], 3))
  const heads = reshape(linear(normed, constant([6, 6], 4, 0.5)), [2, 3, 2, 3])
  const seen = attention(heads, [heads, heads], [heads, multiply(heads, 0.5)], { causal: true })
  const hidden = gelu(add(x, reshape(seen, [2, 3, 6])))
  const logits = linear(hidden, constant([5, 6], 5))
  return softmaxCrossEntropy(logits, tensor(Int32Array.of(0, 1, 2, 3, 4, 0), [2, 3], { backend }))
}

describe('second derivatives', () => {
  const x = normal([2, 3, 6], 1)
  const v = normal([2, 3, 6], 9)

  it('a Hessian–vector product through attention, layer norm and cross-entropy is the derivative of the gradient', () => {
    const step = 2 ** -6
    const gradientAt = (distance: number): number[] => scope(() => numbers(grad(loss)(upload(shifted(x, v, distance)))))
    const product = scope(() => numbers(hessianVectorProduct(loss, upload(x), upload(v))))
    const [back2, back, forth, forth2] = [
      gradientAt(-2 * step),
      gradientAt(-step),
      gradientAt(step),
      gradientAt(2 * step),
    ]
    product.forEach((value, i) => {
      const expected = (8 * (forth[i]! - back[i]!) - (forth2[i]! - back2[i]!)) / (12 * step)
      expect(value).toBeCloseTo(expected, 3)
    })
    expect(Math.hypot(...product)).toBeGreaterThan(0.1)
  })

  it('the Hessian is symmetric: w · (H v) = v · (H w)', () => {
    const w = normal([2, 3, 6], 10)
    const dot = (a: number[], b: HostValues): number => a.reduce((total, value, i) => total + value * b.values[i]!, 0)
    const hv = scope(() => numbers(hessianVectorProduct(loss, upload(x), upload(v))))
    const hw = scope(() => numbers(hessianVectorProduct(loss, upload(x), upload(w))))
    expect(dot(hv, w)).toBeCloseTo(dot(hw, v), 4)
  })

  it('a gradient that several inputs share stays on the tape', () => {
    const value = scope(() => {
      const a = tensor([1, 2, 3], [3], { backend })
      const sumOfCubes = (p: { a: Tensor; b: Tensor }): Tensor => sum(power(add(p.a, p.b), 3))
      const product = hessianVectorProduct(
        sumOfCubes,
        { a, b: a },
        { a: tensor([1, 0, 0], [3], { backend }), b: tensor([0, 1, 0], [3], { backend }) },
      )
      return [numbers(product.a), numbers(product.b)]
    })
    // H = 6 (a + b) for every pair of the two inputs.
    expect(value).toEqual([
      [12, 24, 0],
      [12, 24, 0],
    ])
  })

  it('third derivatives: (x⁴)‴ = 24 x', () => {
    const third = scope(() => {
      const f = (t: Tensor): Tensor => sum(multiply(multiply(t, t), multiply(t, t)))
      const d2 = (t: Tensor): Tensor => sum(grad((u: Tensor) => sum(grad(f)(u)))(t))
      return numbers(grad(d2)(tensor([1, -2, 0.5], [3], { backend })))
    })
    expect(third).toEqual([24, -48, 12])
  })
})

describe('jvp', () => {
  it('is the derivative along a direction, of every output', () => {
    const f = (x: Tensor): Tensor[] => [gelu(x), layerNorm(x, tensor([1, 2, 3], [3], { backend })), add(x, x)]
    const x = normal([2, 3], 1)
    const v = normal([2, 3], 2)
    const step = 2 ** -6
    const at = (distance: number): number[][] => scope(() => f(upload(shifted(x, v, distance))).map(numbers))
    const tangents = scope(() => jvp(f, upload(x), upload(v)).tangent.map(numbers))
    const [back2, back, forth, forth2] = [at(-2 * step), at(-step), at(step), at(2 * step)]
    tangents.forEach((tangent, output) =>
      tangent.forEach((value, i) => {
        const difference = (a: number[][], b: number[][]): number => a[output]![i]! - b[output]![i]!
        expect(value).toBeCloseTo((8 * difference(forth, back) - difference(forth2, back2)) / (12 * step), 3)
      }),
    )
  })

  it('agrees with vjp: ⟨u, J v⟩ = ⟨Jᵀ u, v⟩', () => {
    const [x, u, v] = [normal([2, 3, 6], 1), normal([], 2), normal([2, 3, 6], 3)]
    const [left, right] = scope(() => {
      const forwards = jvp(loss, upload(x), upload(v)).tangent.item() * u.values[0]!
      const pulled = numbers(vjp(loss, upload(x)).pullback(upload(u)))
      return [forwards, pulled.reduce((total, value, i) => total + value * v.values[i]!, 0)]
    })
    expect(left).toBeCloseTo(right!, 4)
  })
})
