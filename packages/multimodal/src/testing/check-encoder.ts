import {
  grad,
  LemanicError,
  mean,
  mergeParams,
  type Params,
  randomKey,
  randomNormal,
  scope,
  square,
  tensor,
  type Tensor,
} from '@lemanic/tensor-core'
import type { EncoderFactory } from '../modules/encoder.js'
import { initParameters } from '../modules/parameter-shape.js'

/** One thing that an implementation must do; `run` throws, saying what was expected and what came. */
export interface Check {
  readonly name: string
  run(): void
}

/** Throws `LemanicError` (`contract-broken`) unless something holds. */
export function expect(isGood: boolean, message: string): void {
  if (!isGood) throw new LemanicError('contract-broken', message)
}

/**
 * What every encoder must do, as checks for a test runner: `for (const { name, run } of encoderChecks(mine)) test(name, run)`.
 *
 * @param options.length What stands for a length that may vary (−1). Default 4.
 */
export function encoderChecks(factory: EncoderFactory, options: { readonly length?: number } = {}): Check[] {
  const { length = 4 } = options
  const key = randomKey(1)
  const sizes = { stateSize: 5, outputSize: 5 }
  const encoder = factory(sizes)
  const shape = encoder.inputShape.map((own) => (own === -1 ? length : own))
  const inputs = (batch: number): { state: Tensor; input: Tensor } => ({
    state: randomNormal(key.foldIn('state'), [batch, sizes.stateSize]),
    input: randomNormal(key.foldIn('input'), [batch, ...shape]),
  })
  const encode = (params: Params, state: Tensor, input: Tensor): Tensor => encoder.encode(params, state, input)
  const check = (name: string, run: () => void): Check => ({ name, run: () => scope(run) })
  return [
    check('gives [batch, outputSize], with a state and without one', () => {
      const { state, input } = inputs(3)
      const found = encode(initParameters(encoder.parameters, key), state, input).shape
      expect(found.join() === `3,${sizes.outputSize}`, `expected [3, ${sizes.outputSize}], got [${found.join(', ')}]`)
      const alone = factory({ stateSize: 0, outputSize: 7 })
      const embedded = alone.encode(initParameters(alone.parameters, key), randomNormal(key, [3, 0]), input).shape
      expect(embedded.join() === '3,7', `without a state: expected [3, 7], got [${embedded.join(', ')}]`)
    }),
    check('encodes each sample for itself', () => {
      const params = initParameters(encoder.parameters, key)
      const { state, input } = inputs(3)
      const together = encode(params, state, input).dataSync()
      const size = shape.reduce((product, own) => product * own, 1)
      for (let row = 0; row < 3; row++) {
        const one = encode(params, rowOf(state, row, [sizes.stateSize]), rowOf(input, row, shape)).dataSync()
        for (let at = 0; at < sizes.outputSize; at++) {
          const [a, b] = [Number(one[at]), Number(together[row * sizes.outputSize + at])]
          expect(
            Math.abs(a - b) < 1e-4 * (1 + Math.abs(b)),
            `row ${row} of ${size} numbers: alone ${a}, in a batch ${b}`,
          )
        }
      }
    }),
    check('reads the state and the input, and learns with every parameter', () => {
      const params = initParameters(encoder.parameters, key)
      const { state, input } = inputs(4)
      const gradients = grad((all: Params) => {
        const { 'the state': s, 'the input': x, ...own } = all
        return mean(square(encode(own, s, x)))
      })(mergeParams([params, { 'the state': state, 'the input': input }]))
      for (const [name, gradient] of Object.entries(gradients)) {
        const values = Array.from(gradient.dataSync() as Float32Array)
        expect(values.every(Number.isFinite), `the gradient of ${name} is not finite`)
        expect(
          values.some((value) => value !== 0),
          `the gradient of ${name} is 0 everywhere`,
        )
      }
    }),
    check('gives a finite result for zeros, which stand for a missing sample', () => {
      const params = initParameters(encoder.parameters, key)
      const { state } = inputs(2)
      const zeros = scope(() => randomNormal(key, [2, ...shape], { standardDeviation: 0 }))
      const found = Array.from(encode(params, state, zeros).dataSync() as Float32Array)
      expect(found.every(Number.isFinite), `expected finite numbers, got ${found.join(', ')}`)
    }),
  ]
}

function rowOf(x: Tensor, row: number, shape: readonly number[]): Tensor {
  const size = shape.reduce((product, own) => product * own, 1)
  const values = (x.dataSync() as Float32Array).slice(row * size, (row + 1) * size)
  return tensor(values, [1, ...shape])
}
