import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  add,
  attention,
  createCpuBackend,
  dispose,
  exp,
  gelu,
  grad,
  hessianVectorProduct,
  jvp,
  layerNorm,
  matmul,
  maxEigenvalue,
  multiply,
  perExampleGradients,
  randomKey,
  randomNormal,
  scope,
  setDefaultBackend,
  sin,
  softmaxCrossEntropy,
  square,
  sum,
  tensor,
  valueAndGrad,
  vjp,
  type Backend,
  type Tensor,
} from './index.js'

let backend: Backend
beforeAll(() => {
  backend = createCpuBackend()
  setDefaultBackend(backend)
})
afterAll(() => setDefaultBackend(undefined))

const numbers = (x: Tensor): number[] => Array.from(x.dataSync() as Float32Array)

describe('valueAndGrad', () => {
  it('differentiates a record of parameters and leaves nothing behind', () => {
    const params = {
      w: tensor([
        [1, 2],
        [3, 4],
      ]),
      b: tensor([0.5, -0.5]),
    }
    const x = tensor([[1, -1]])
    const before = backend.memory().buffers
    const { loss, grads } = valueAndGrad((p: typeof params) => sum(square(add(matmul(x, p.w), p.b))))(params)
    // x·W = [-2, -2]; + b = [-1.5, -2.5]; loss = 2.25 + 6.25
    expect(loss.item()).toBeCloseTo(8.5, 5)
    expect(numbers(grads.b)).toEqual([-3, -5])
    expect(numbers(grads.w)).toEqual([-3, -5, 3, 5])
    expect(backend.memory().buffers).toBe(before + 3)
    dispose([loss, grads])
    expect(backend.memory().buffers).toBe(before)
  })

  it('gives each parameter its own tensor when one cotangent serves several', () => {
    const params = { a: tensor([1, 2]), b: tensor([3, 4]) }
    const { grads } = valueAndGrad((p: typeof params) => sum(add(p.a, p.b)))(params)
    grads.a.dispose()
    expect(numbers(grads.b)).toEqual([1, 1])
  })

  it('accumulates a parameter used several times, also as both operands', () => {
    const result = grad((x: Tensor) => sum(add(multiply(x, x), x)))(tensor([3]))
    expect(numbers(result)).toEqual([7])
  })

  it('gives zeros for a parameter the loss does not depend on', () => {
    const grads = grad((p: { a: Tensor; b: Tensor }) => sum(p.a))({ a: tensor([1]), b: tensor([1, 2]) })
    expect(numbers(grads.b)).toEqual([0, 0])
  })

  it('returns what stands beside the loss, alive', () => {
    const { aux } = valueAndGrad((x: Tensor) => {
      const doubled = multiply(x, 2)
      return { loss: sum(doubled), aux: { doubled } }
    })(tensor([1, 2]))
    expect(numbers(aux.doubled)).toEqual([2, 4])
  })

  it('refuses a loss that is not one number', () => {
    expect(() => valueAndGrad((x: Tensor) => x)(tensor([1, 2]))).toThrow(/one float32 number, got \[2\]/)
  })
})

describe('nested gradients', () => {
  it('takes third derivatives', () => {
    const f = (x: Tensor): Tensor => sum(sin(x))
    const third = grad((x: Tensor) => sum(grad((y: Tensor) => sum(grad(f)(y)))(x)))(tensor([0.3]))
    expect(third.item()).toBeCloseTo(-Math.cos(0.3), 5)
  })

  it('does not confuse the levels', () => {
    // d/dx (x · d/dy (x + y)) at y = 1 is 1
    const result = grad((x: Tensor) => sum(multiply(x, grad((y: Tensor) => sum(add(x, y)))(tensor([1])))))(tensor([5]))
    expect(result.item()).toBe(1)
  })

  it('jvp agrees with the derivative along a direction', () => {
    const { value, tangent } = jvp((x: Tensor) => exp(multiply(x, x)), tensor([0.5, 1]), tensor([1, 2]))
    expect(numbers(value)[0]).toBeCloseTo(Math.exp(0.25), 5)
    expect(numbers(tangent)[0]).toBeCloseTo(Math.exp(0.25), 4)
    expect(numbers(tangent)[1]).toBeCloseTo(4 * Math.E, 3)
  })

  it('vjp pulls back several times', () => {
    scope(() => {
      const { pullback } = vjp((x: Tensor) => square(x), tensor([1, 2]))
      expect(numbers(pullback(tensor([1, 0])))).toEqual([2, 0])
      expect(numbers(pullback(tensor([0, 1])))).toEqual([0, 4])
    })
  })

  it('differentiates a pullback with respect to its cotangent, also where the cotangent passes through unchanged', () => {
    const result = grad((g: Tensor) => {
      const { a, b } = vjp(({ a, b }: { a: Tensor; b: Tensor }) => add(a, b), {
        a: tensor([1]),
        b: tensor([2]),
      }).pullback(g)
      return sum(add(multiply(a, 3), multiply(b, 4)))
    })(tensor([5]))
    expect(numbers(result)).toEqual([7])
  })

  it('Hessian–vector products of a quadratic are its matrix', () => {
    const a = tensor([
      [2, 1],
      [1, 3],
    ])
    const f = (x: Tensor): Tensor => multiply(sum(multiply(x, matmul(a, x))), 0.5)
    expect(numbers(hessianVectorProduct(f, tensor([7, -3]), tensor([1, 2])))).toEqual([4, 7])
    const { value, converged } = maxEigenvalue(f, tensor([1, 1]), { key: randomKey(1), tolerance: 1e-7 })
    expect(converged).toBe(true)
    expect(value).toBeCloseTo((5 + Math.sqrt(5)) / 2, 4)
  })

  it('goes twice through fused operations', () => {
    const key = randomKey(3)
    const q = randomNormal(key.foldIn(1), [1, 3, 2, 4])
    const gain = tensor([1, 1, 1, 1])
    const f = (x: Tensor): Tensor => sum(square(attention(x, [layerNorm(x, gain), x], [gelu(x), x], { causal: true })))
    const direction = randomNormal(key.foldIn(2), [1, 3, 2, 4])
    const product = numbers(hessianVectorProduct(f, q, direction))
    const step = 1e-2
    const shifted = (sign: number): number[] => numbers(grad(f)(add(q, multiply(direction, sign * step))))
    const up = shifted(1)
    const down = shifted(-1)
    product.forEach((value, i) => expect(value).toBeCloseTo((up[i]! - down[i]!) / (2 * step), 1))
  })
})

describe('per-example gradients', () => {
  it('sum to the whole gradient', () => {
    const params = {
      w: tensor([
        [0.1, 0.2, 0.3],
        [0.3, 0.2, 0.1],
      ]),
    }
    const batch = {
      x: tensor([
        [1, 2],
        [3, 4],
      ]),
      y: tensor(Int32Array.of(0, 2)),
    }
    const loss = (p: typeof params, b: typeof batch): Tensor =>
      softmaxCrossEntropy(matmul(b.x, p.w), b.y, { reduction: 'sum' })
    const whole = numbers(grad(loss)(params, batch).w)
    const { grads, losses } = perExampleGradients(loss, params, batch)
    expect(grads.w.shape).toEqual([2, 2, 3])
    expect(losses.shape).toEqual([2])
    numbers(sum(grads.w, 0)).forEach((value, i) => expect(value).toBeCloseTo(whole[i]!, 5))
  })
})
