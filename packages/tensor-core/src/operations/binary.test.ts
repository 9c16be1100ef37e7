import { describe, expect, it } from 'vitest'
import { createCpuBackend } from '../backends/cpu/create-cpu-backend.js'
import { grad } from '../gradients.js'
import { scope } from '../scope.js'
import type { Tensor } from '../tensor.js'
import { maximum, multiply, power, subtract } from './binary.js'
import { tensor } from './creation.js'
import { sum } from './reduction.js'

const backend = createCpuBackend()
const vector = (...values: number[]): Tensor => tensor(values, [values.length], { backend })
const gradient = (f: (x: Tensor) => Tensor, x: Tensor): number[] =>
  scope(() => [...grad((t: Tensor) => sum(f(t)))(x).dataSync()])

describe('binary operations', () => {
  it('power has no gradient in the exponent where the base is not positive', () => {
    expect(gradient((b) => power(vector(0, -2, 1), b), vector(2, 3, 5))).toEqual([0, 0, 0])
    expect(gradient((b) => power(vector(2), b), vector(3))[0]).toBeCloseTo(8 * Math.log(2), 5)
  })

  it('power has gradient 0 in the base where the exponent is 0', () => {
    expect(gradient((a) => power(a, 0), vector(0, 2))).toEqual([0, 0])
  })

  it('maximum shares the gradient of equal operands, infinite ones included', () => {
    expect(gradient((a) => maximum(a, vector(1, 2, 3, Infinity)), vector(1, 5, 0, Infinity))).toEqual([0.5, 1, 0, 0.5])
  })

  it('refuses a fraction beside an int32 operand', () => {
    const x = tensor(Int32Array.of(1, 2), [2], { backend })
    expect(() => multiply(x, 0.5)).toThrow(
      /multiply: 0.5 is no whole number, but the other operand is int32\n {2}help: cast/,
    )
    expect(scope(() => [...subtract(x, 1).dataSync()])).toEqual([0, 1])
  })
})
