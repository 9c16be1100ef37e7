import type { Backend } from '../backend.js'
import { derivative, differentiableInputs, evaluateSync, type Case } from './case.js'
import { fail } from './compare.js'
import { uniform, type HostValues } from './host-values.js'

const step = 2 ** -6

/** Signs and halves: inputs on a grid stay exact after a step along them. */
function direction(input: HostValues, seed: number): Float32Array {
  const draws = uniform(input.shape, -1, 1, seed).values
  return Float32Array.from(draws, (value) => (value < 0 ? -1 : 1) * (Math.abs(value) < 0.5 ? 0.5 : 1))
}

function moved(
  inputs: readonly HostValues[],
  position: number,
  along: Float32Array,
  distance: number,
): readonly HostValues[] {
  return inputs.map((input, i) =>
    i === position
      ? { ...input, values: (input.values as Float32Array).map((value, k) => value + distance * along[k]!) }
      : input,
  )
}

/** Σ of float32 outputs, each times its cotangent, in double precision. */
function weighted(outputs: readonly HostValues[], cotangents: readonly HostValues[]): number {
  let sum = 0
  outputs
    .filter(({ dtype }) => dtype === 'float32')
    .forEach(({ values }, i) => values.forEach((value, k) => (sum += value * cotangents[i]!.values[k]!)))
  return sum
}

/**
 * Compares the gradient that the tape gives with fourth-order central differences, along two random directions of
 * every differentiable input. Run it on an oracle that rounds only once an operation.
 */
export function expectGradientsMatchDifferences(testCase: Case, oracle: Backend, tolerance = 2e-3): void {
  const gradientCase = derivative(testCase, oracle)
  const all = gradientCase.inputs()
  const count = testCase.inputs().length
  const inputs = all.slice(0, count)
  const cotangents = all.slice(count)
  const gradients = evaluateSync(gradientCase, all, oracle)
  differentiableInputs(testCase, inputs).forEach((position, i) => {
    for (const seed of [31, 32]) {
      const along = direction(inputs[position]!, seed + position)
      const at = (distance: number): readonly HostValues[] =>
        evaluateSync(testCase, moved(inputs, position, along, distance), oracle)
      const [back2, back, forth, forth2] = [at(-2 * step), at(-step), at(step), at(2 * step)]
      const value = (outputs: readonly HostValues[]): number => weighted(outputs, cotangents)
      const expected = (8 * (value(forth) - value(back)) - (value(forth2) - value(back2))) / (12 * step)
      let actual = 0
      gradients[i]!.values.forEach((gradient, k) => (actual += gradient * along[k]!))
      const scale = spread(forth, back, cotangents) / (2 * step)
      if (!(Math.abs(actual - expected) <= tolerance * Math.max(scale, Math.abs(expected), 0.01))) {
        fail(
          `input ${position}: finite differences give ${expected}, the gradient ${actual} (scale ${scale.toPrecision(3)})`,
        )
      }
    }
  })
}

/** How far the weighted outputs moved: the root of the sum of the squared differences. */
function spread(a: readonly HostValues[], b: readonly HostValues[], cotangents: readonly HostValues[]): number {
  let sum = 0
  const floats = (outputs: readonly HostValues[]) => outputs.filter(({ dtype }) => dtype === 'float32')
  floats(a).forEach(({ values }, i) =>
    values.forEach((value, k) => (sum += ((value - floats(b)[i]!.values[k]!) * cotangents[i]!.values[k]!) ** 2)),
  )
  return Math.sqrt(sum)
}
