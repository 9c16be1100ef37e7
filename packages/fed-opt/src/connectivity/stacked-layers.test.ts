import {
  conv2d,
  createBackend,
  grad,
  linear,
  randomKey,
  randomNormal,
  relu,
  reshape,
  slice,
  square,
  sum,
  type Tensor,
} from '@lemanic/tensor-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { stackedConv2d, stackedLinear } from '../index.js'

beforeAll(() => createBackend())

const random = (seed: number, shape: number[]): Tensor => randomNormal(randomKey(seed), shape)
/** Row i of a stack, or its only row. */
const row = (values: Tensor, i: number): Tensor => {
  const at = values.shape[0] === 1 ? 0 : i
  return reshape(slice(values, [[at, at + 1]]), values.shape.slice(1))
}
const close = (found: Tensor, expected: Tensor): void => {
  expect(found.shape).toEqual(expected.shape)
  const y = expected.dataSync()
  found.dataSync().forEach((value, i) => expect(Math.abs(Number(value) - Number(y[i]))).toBeLessThan(1e-4))
}
const shared: [models: number, states: number, weights: number, biases: number][] = [
  [3, 3, 3, 3],
  [3, 1, 3, 3],
  [3, 3, 1, 1],
  [3, 3, 1, 3],
  [3, 1, 1, 3],
  [3, 1, 3, 1],
  [1, 1, 1, 1],
]

describe.each(shared)('%i models with %i states, %i weights, %i biases', (models, states, weights, biases) => {
  test('linear', () => {
    const [x, w, b] = [random(1, [states, 4, 2, 5]), random(2, [weights, 6, 5]), random(3, [biases, 6])]
    const found = stackedLinear(x, w, b)
    expect(found.shape).toEqual([models, 4, 2, 6])
    for (let i = 0; i < models; i++) close(row(found, i), linear(row(x, i), row(w, i), row(b, i)))
    if (weights === models) close(row(stackedLinear(x, w), models - 1), linear(row(x, models - 1), row(w, models - 1)))
  })

  test.each(['none', 'relu'] as const)('convolution, activation %s', (activation) => {
    const [x, w, b] = [random(1, [states, 2, 6, 6, 3]), random(2, [weights, 3, 3, 3, 4]), random(3, [biases, 4])]
    const options = { strides: 2, padding: 'same' } as const
    const found = stackedConv2d(x, w, b, { ...options, activation })
    expect(found.shape).toEqual([models, 2, 3, 3, 4])
    for (let i = 0; i < models; i++) {
      const expected = conv2d(row(x, i), row(w, i), { ...options, bias: row(b, i) })
      close(row(found, i), activation === 'relu' ? relu(expected) : expected)
    }
  })
})

test('gradients of a stack are those of its models', () => {
  const [x, w, b] = [random(1, [2, 2, 6, 6, 3]), random(2, [2, 3, 3, 3, 4]), random(3, [2, 4])]
  const together = grad((filter: Tensor) => sum(square(stackedConv2d(x, filter, b))))(w)
  for (const i of [0, 1])
    close(
      row(together, i),
      grad((filter: Tensor) => sum(square(conv2d(row(x, i), filter, { bias: row(b, i) }))))(row(w, i)),
    )
  const [y, v, c] = [random(4, [1, 5, 3]), random(5, [2, 4, 3]), random(6, [2, 4])]
  const slopes = grad((weight: Tensor) => sum(square(stackedLinear(y, weight, c))))(v)
  for (const i of [0, 1])
    close(row(slopes, i), grad((weight: Tensor) => sum(square(linear(row(y, 0), weight, row(c, i)))))(row(v, i)))
})
