import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import {
  cast,
  createCpuBackend,
  layerNorm,
  multiply,
  setDefaultBackend,
  softmaxCrossEntropy,
  sum,
  tensor,
  valueAndGrad,
} from './index.js'
import { forTfjs, fromTfjs, fromTfjsSync, toTfjs, toTfjsSync } from './tfjs.js'

const backend = createCpuBackend()

beforeAll(async () => {
  tf.enableProdMode() // keeps tfjs from advertising itself
  await tf.setBackend('cpu')
  setDefaultBackend(backend)
})

describe('conversion', () => {
  it.each(['float32', 'int32', 'bool'] as const)('carries %s both ways', async (dtype) => {
    const theirs = tf.tensor([1, 0, 1, 1, 0, 1], [2, 3], dtype)
    for (const ours of [await fromTfjs(theirs), fromTfjsSync(theirs)]) {
      expect([ours.dtype, ours.shape]).toEqual([dtype, [2, 3]])
      for (const back of [await toTfjs(tf, ours), toTfjsSync(tf, ours)]) {
        expect([back.dtype, back.shape]).toEqual([dtype, [2, 3]])
        expect([...back.dataSync()]).toEqual([1, 0, 1, 1, 0, 1])
        back.dispose()
      }
      ours.dispose()
    }
    expect(theirs.isDisposed).toBe(false)
    theirs.dispose()
  })

  it('copies: what changes on one side stays as it was on the other', () => {
    const values = Float32Array.of(1, 2, 3)
    const theirs = tf.tensor1d(values)
    const ours = fromTfjsSync(theirs)
    values.fill(9)
    expect([...ours.dataSync()]).toEqual([1, 2, 3])
    const back = toTfjsSync(tf, ours)
    ours.dispose()
    expect([...back.dataSync()]).toEqual([1, 2, 3])
  })

  it('refuses what only one side knows, and names cast', async () => {
    await expect(fromTfjs(tf.tensor(['a']))).rejects.toThrow(/fromTfjs: expected a tensor of float32.*got string/)
    const half = cast(tensor([1]), 'bfloat16')
    expect(() => toTfjsSync(tf, half)).toThrow(/got bfloat16[\s\S]*help: cast it/)
  })
})

describe('forTfjs', () => {
  const x = tf.tensor2d([1, -2, 0.5, 3, 0, -1], [2, 3])
  const gain = tf.tensor1d([1, 2, 3])

  it('gives the value and all gradients that tfjs gives by itself', () => {
    const ours = forTfjs(tf, (input, scale) => layerNorm(input, scale, undefined, { epsilon: 1e-5 }))
    const theirs = (input: tf.Tensor, scale: tf.Tensor): tf.Tensor => {
      const { mean, variance } = tf.moments(input, -1, true)
      return tf.mul(tf.div(tf.sub(input, mean), tf.sqrt(tf.add(variance, 1e-5))), scale)
    }
    const close = (a: tf.Tensor, b: tf.Tensor): void =>
      a.dataSync().forEach((value, i) => expect(value).toBeCloseTo(b.dataSync()[i]!, 5))
    close(ours(x, gain), theirs(x, gain))
    const weight = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3])
    const gradients = tf.grads((a, b) => ours(a!, b!))([x, gain], weight)
    // tfjs-core by itself has no gradients in Node: differences of its own values.
    const total = (a: tf.Tensor, b: tf.Tensor): number => tf.sum(tf.mul(theirs(a, b), weight)).dataSync()[0]!
    const step = 2 ** -6
    for (const place of [0, 1]) {
      const point = [x, gain][place]!
      gradients[place]!.dataSync().forEach((value, i) => {
        const at = (distance: number): number => {
          const moved = point.dataSync().map((old, n) => (n === i ? old + distance : old))
          const inputs = [x, gain].map((input, n) => (n === place ? tf.tensor(moved, input.shape) : input))
          return total(inputs[0]!, inputs[1]!)
        }
        expect(value).toBeCloseTo((at(step) - at(-step)) / (2 * step), 1)
      })
    }
    expect(gradients[1]!.dataSync()[2]).not.toBeCloseTo(0, 1)
  })

  it('takes int32 inputs, which have no gradient', () => {
    const entropy = forTfjs(tf, (logits, targets) => softmaxCrossEntropy(logits, targets))
    const targets = tf.tensor1d([2, 0], 'int32')
    const [g] = tf.grads((logits) => entropy(logits!, targets) as tf.Scalar)([x])
    const { grads } = valueAndGrad((p: { x: ReturnType<typeof fromTfjsSync> }) =>
      softmaxCrossEntropy(p.x, tensor(Int32Array.of(2, 0))),
    )({ x: fromTfjsSync(x) })
    grads.x.dataSync().forEach((value, i) => expect(g!.dataSync()[i]).toBeCloseTo(value, 6))
  })

  it('leaves nothing behind on our side, and on tfjs’s what it returned', () => {
    const cube = forTfjs(tf, (input) => multiply(multiply(input, input), sum(input)))
    const [buffers, tensors] = [backend.memory().buffers, tf.memory().numTensors]
    for (let i = 0; i < 3; i++) cube(x).dispose()
    for (let i = 0; i < 3; i++) tf.grad((input) => cube(input))(x, x).dispose()
    expect(backend.memory().buffers).toBe(buffers)
    expect(tf.memory().numTensors).toBe(tensors)
  })
})

describe('the README example for TensorFlow.js', () => {
  it('is this program, and prints what it says', async () => {
    const program = readFileSync(new URL('./fixtures/tfjs-example.ts', import.meta.url), 'utf8')
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    expect(readme).toContain('```ts sketch\n' + program + '```')
    const printed: string[] = []
    const log = vi.spyOn(console, 'log').mockImplementation((...values) => void printed.push(values.join(' ')))
    await import('./fixtures/tfjs-example.js')
    await vi.waitFor(() => expect(printed).toHaveLength(2))
    log.mockRestore()
    expect(printed).toEqual([...program.matchAll(/\/\/ → (.*)$/gm)].map(([, text]) => text))
  })
})
