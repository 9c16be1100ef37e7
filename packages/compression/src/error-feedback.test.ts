import { randomKey, RandomStream } from '@lemanic/tensor-core'
import { expect, test } from 'vitest'
import { errorFeedback, topK, uncompressed } from './index.js'

function gradients(seed: number, steps: number, length: number): Float32Array[] {
  const stream = new RandomStream(randomKey(seed))
  return Array.from({ length: steps }, () => Float32Array.from({ length }, () => stream.nextUniform() * 2 - 1))
}

test('what was sent and what is held back add up to the gradients', () => {
  const length = 40
  let memory = new Float32Array(length)
  const sentTotal = new Float64Array(length)
  const gradientTotal = new Float64Array(length)
  for (const gradient of gradients(1, 200, length)) {
    const step = errorFeedback(topK({ fraction: 0.05 }), memory, gradient)
    step.sent.forEach((value, index) => (sentTotal[index] += value))
    gradient.forEach((value, index) => (gradientTotal[index] += value))
    memory = new Float32Array(step.memory)
  }
  for (let index = 0; index < length; index++)
    expect(sentTotal[index] + memory[index]).toBeCloseTo(gradientTotal[index], 4)
  expect(sentTotal.filter((value) => value !== 0).length).toBe(length) // every entry gets its turn
})

test('without compression nothing is held back', () => {
  const [gradient] = gradients(2, 1, 10)
  const step = errorFeedback(uncompressed(), new Float32Array(10), gradient)
  expect(step.sent).toEqual(gradient)
  expect(step.memory).toEqual(new Float32Array(10))
})

/** Gradient descent on ½‖x − target‖² with a compressed gradient; squared distance at the end. */
function distanceAfterDescent(withMemory: boolean): number {
  const target = Float32Array.from({ length: 20 }, (_, index) => 1 + index / 20)
  const compressor = topK({ fraction: 0.05 })
  const point = new Float32Array(20)
  let memory = new Float32Array(20)
  for (let step = 0; step < 600; step++) {
    const noise = step % 2 === 0 ? 3 : -3 // one loud entry that averages to nothing hides the others
    const gradient = point.map((value, index) => value - target[index] + (index === 0 ? noise : 0))
    const feedback = errorFeedback(compressor, withMemory ? memory : new Float32Array(20), gradient)
    memory = new Float32Array(feedback.memory)
    feedback.sent.forEach((value, index) => (point[index] -= 0.02 * value))
  }
  return point.reduce((sum, value, index) => sum + (value - target[index]) ** 2, 0)
}

test('the memory is what lets a biased compressor converge', () => {
  expect(distanceAfterDescent(true)).toBeLessThan(1)
  expect(distanceAfterDescent(false)).toBeGreaterThan(20)
})

test('refuses a memory of another size', () => {
  expect(() => errorFeedback(uncompressed(), new Float32Array(3), new Float32Array(4))).toThrow(
    /memory of 4 entries.*got 3/,
  )
})
