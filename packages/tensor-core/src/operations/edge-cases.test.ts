import { describe, expect, it } from 'vitest'
import { createCpuBackend } from '../backends/cpu/create-cpu-backend.js'
import { grad } from '../gradients.js'
import { scope } from '../scope.js'
import type { Tensor } from '../tensor.js'
import { full, tensor } from './creation.js'
import { meanSquaredError } from './loss.js'
import { attention } from './attention.js'
import { oneHot, scatterAdd } from './indexing.js'
import { adamwStep, sgdStep } from './optimizer-steps.js'
import { norm, sum } from './reduction.js'
import { slice } from './shaping.js'
import { softplus } from './unary.js'

const backend = createCpuBackend()
const vector = (...values: number[]): Tensor => tensor(values, [values.length], { backend })

describe('edge cases of operations', () => {
  it('softplus has slope one half at 0, and no overflow', () => {
    expect(scope(() => [...grad((x: Tensor) => sum(softplus(x)))(vector(0, -0, 100, -100)).dataSync()])).toEqual([
      0.5,
      0.5,
      1,
      Math.fround(Math.exp(-100)),
    ])
    expect(scope(() => [...softplus(vector(-Infinity, Infinity, 1000, -200)).dataSync()])).toEqual([
      0,
      Infinity,
      1000,
      0,
    ])
  })

  it('norm has gradient 0 at 0', () => {
    const x = tensor(
      [
        [0, 0],
        [3, 4],
      ],
      undefined,
      { backend },
    )
    const g = scope(() => grad((t: Tensor) => sum(norm(t, 1)))(x).toArray())
    expect(g).toEqual([
      [0, 0],
      [Math.fround(0.6), Math.fround(0.8)],
    ])
  })

  it('meanSquaredError does not broadcast', () => {
    expect(() => meanSquaredError(full([3, 1], 1, { backend }), full([3], 1, { backend }))).toThrow(
      /\[3, 1\] and target \[3\] differ/,
    )
  })

  it('numbers must fit the dtype', () => {
    expect(() => full([2], 0.5, { dtype: 'int32', backend })).toThrow(/full: 0.5 does not fit int32/)
    expect(() => full([2], 2, { dtype: 'bool', backend })).toThrow(/2 does not fit bool/)
    expect(() => tensor([1, 2.5], undefined, { dtype: 'int32', backend })).toThrow(/tensor: 2.5 does not fit int32/)
    expect(() => tensor(Uint8Array.of(0, 255), undefined, { backend })).toThrow(/truth values[\s\S]*Float32Array\.from/)
  })

  it('scatterAdd counts negative axes from the end and knows which exist', () => {
    const ids = tensor(Int32Array.of(0, 0, 1), [3], { backend })
    const updates = tensor(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      undefined,
      { backend },
    )
    expect(scatterAdd(updates, ids, { axis: -1, size: 2 }).toArray()).toEqual([
      [3, 3],
      [9, 6],
    ])
    expect(() => scatterAdd(updates, ids, { axis: 2, size: 2 })).toThrow(/scatterAdd: axis 2 does not exist/)
    expect(() => oneHot(ids, 2.5)).toThrow(/oneHot: depth must be a whole number ≥ 0, got 2.5/)
  })

  it('attention wants the same number of key heads in every segment', () => {
    const heads = (count: number): Tensor => full([1, 2, count, 3], 1, { backend })
    expect(() => attention(heads(4), [heads(2), heads(4)], [heads(2), heads(4)])).toThrow(
      /as many key heads in every segment/,
    )
  })

  it('optimizer steps count their tensors and decays', () => {
    const [a, b] = [vector(1), vector(2)]
    const moments = { firstMoments: [a, b], secondMoments: [a, b] }
    const options = { learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: [0, 0], step: 1 }
    expect(() => adamwStep({ parameters: [a, b], gradients: [a], ...moments }, options)).toThrow(
      /adamw: expected 4 lists of 2 tensors, got 7/,
    )
    expect(() =>
      adamwStep({ parameters: [a, b], gradients: [a, b], ...moments }, { ...options, weightDecay: [0] }),
    ).toThrow(/2 values of weightDecay/)
    expect(() =>
      sgdStep(
        { parameters: [a], gradients: [a], velocities: [] },
        { learningRate: 1, momentum: 0.9, nesterov: false, weightDecay: [0] },
      ),
    ).toThrow(/sgd: expected 3 lists/)
  })

  it('slice takes whole numbers', () => {
    expect(() => slice(vector(1, 2, 3), [[0.5, 2]])).toThrow(
      /slice: begin and end are whole numbers, got 0.5 for axis 0/,
    )
  })
})
