import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  conv1d,
  conv2d,
  createCpuBackend,
  einsum,
  full,
  grad,
  identityMatrix,
  logSumExp,
  matmul,
  multiply,
  norm,
  pad,
  range,
  reshape,
  setDefaultBackend,
  silu,
  slice,
  softplus,
  split,
  squeeze,
  stack,
  stopGradient,
  sum,
  tensor,
  tile,
  transpose,
  unstack,
  variance,
  where,
  type Tensor,
} from '../index.js'

beforeAll(() => setDefaultBackend(createCpuBackend()))
afterAll(() => setDefaultBackend(undefined))

const matrix = (): Tensor =>
  tensor([
    [1, 2, 3],
    [4, 5, 6],
  ])
const other = (): Tensor =>
  tensor([
    [1, 0],
    [2, 1],
    [0, 3],
  ])

describe('einsum', () => {
  it('multiplies, transposes, sums, batches and takes outer products', () => {
    expect(einsum('ij,jk->ik', [matrix(), other()]).toArray()).toEqual(matmul(matrix(), other()).toArray())
    expect(einsum('ij->ji', [matrix()]).toArray()).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ])
    expect(einsum('ij->', [matrix()]).item()).toBe(21)
    expect(einsum('ij->i', [matrix()]).toArray()).toEqual([6, 15])
    expect(einsum('i,j->ij', [tensor([1, 2]), tensor([3, 4])]).toArray()).toEqual([
      [3, 4],
      [6, 8],
    ])
    expect(einsum('bij,bjk->bki', [stack([matrix(), matrix()]), stack([other(), other()])]).shape).toEqual([2, 2, 2])
    expect(einsum('ij,ij', [matrix(), matrix()]).item()).toBe(91)
  })

  it('contracts three operands, with gradients through all of them', () => {
    const vector = tensor([1, 1])
    const f = (a: Tensor): Tensor => einsum('ij,jk,k->', [a, other(), vector])
    expect(f(matrix()).item()).toBe(1 + 6 + 9 + 4 + 15 + 18)
    expect(grad(f)(matrix()).toArray()).toEqual([
      [1, 3, 3],
      [1, 3, 3],
    ])
  })

  it('names what it cannot read', () => {
    expect(() => einsum('ij,jk->il', [matrix(), other()])).toThrow(/output axis "l"/)
    expect(() => einsum('ii->i', [identityMatrix(2)])).toThrow(/repeats an axis/)
    expect(() => einsum('ij,ij->ij', [matrix(), other()])).toThrow(/axis "i" has length 2 and 3/)
    expect(() => einsum('i-j', [matrix()])).toThrow(/cannot read/)
    expect(() => einsum('ij', [matrix(), matrix()])).toThrow(/names 1 tensors, got 2/)
  })
})

describe('shapes', () => {
  it('tile, split, stack, unstack, squeeze', () => {
    expect(tile(tensor([[1, 2]]), [2, 2]).toArray()).toEqual([
      [1, 2, 1, 2],
      [1, 2, 1, 2],
    ])
    expect(split(matrix(), [1, 2], 1).map((part) => part.toArray())).toEqual([
      [[1], [4]],
      [
        [2, 3],
        [5, 6],
      ],
    ])
    expect(unstack(matrix()).map((part) => part.toArray())).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ])
    expect(squeeze(full([1, 2, 1], 7)).shape).toEqual([2])
    expect(() => split(matrix(), 2, 1)).toThrow(/cannot be split into 2 equal parts/)
    expect(() => reshape(matrix(), [4, -1])).toThrow(/does not fit/)
    expect(reshape(matrix(), [3, -1]).shape).toEqual([3, 2])
    expect(slice(range(10), [{ begin: 1, end: -1, step: 3 }]).toArray()).toEqual([1, 4, 7])
    expect(slice(range(10), [[8, 99]]).toArray()).toEqual([8, 9])
    expect(pad(tensor([1]), [[1, 2]], 9).toArray()).toEqual([9, 1, 9, 9])
    expect(() => transpose(matrix(), [0, 0])).toThrow(/not an order/)
  })
})

describe('numbers', () => {
  it('stay finite where the plain formula overflows', () => {
    expect(softplus(tensor([-1000, 0, 1000])).toArray()).toEqual([0, Math.fround(Math.log(2)), 1000])
    expect(
      logSumExp(
        tensor([
          [1000, 1000],
          [-Infinity, -Infinity],
        ]),
      ).toArray(),
    ).toEqual([Math.fround(1000 + Math.log(2)), -Infinity])
    expect(silu(tensor([0])).item()).toBe(0)
    expect(norm(tensor([3, 4])).item()).toBe(5)
    expect(variance(tensor([1, 2, 3, 4]), undefined, { correction: 1 }).item()).toBeCloseTo(5 / 3, 6)
  })

  it('stopGradient makes a constant', () => {
    expect(grad((x: Tensor) => sum(multiply(x, stopGradient(x))))(tensor([3])).item()).toBe(3)
  })

  it('where takes numbers on either side', () => {
    const condition = tensor([true, false])
    expect(where(condition, 1, 0).toArray()).toEqual([1, 0])
    expect(where(condition, tensor([5, 6]), -1).toArray()).toEqual([5, -1])
  })
})

describe('conv1d', () => {
  it('is conv2d of one row', () => {
    const x = tensor([[[1], [2], [3], [4]]])
    const filter = tensor([[[1]], [[10]]])
    expect(conv1d(x, filter).toArray()).toEqual([[[21], [32], [43]]])
    expect(conv1d(x, filter, { padding: 1, stride: 2 }).shape).toEqual([1, 3, 1])
    expect(() => conv2d(x, filter)).toThrow(/4 axes/)
  })
})

describe('tensor', () => {
  it('refuses what does not fit', () => {
    expect(() => tensor([[1, 2], [3]])).toThrow(/ragged/)
    expect(() => tensor([1, 2, 3], [2])).toThrow(/3 values do not fill shape \[2\]/)
    expect(() => tensor(new Float32Array(2), [2], { dtype: 'int32' })).toThrow(/Float32Array cannot hold int32/)
    expect(() => tensor(new Uint16Array(2))).toThrow(/16-bit float/)
  })
})
