import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { describe, expect, it } from 'vitest'
import { add, linear, randomKey, randomNormal, scope, sum, tensor, valueAndGrad } from '../../index.js'
import { absenceOf } from '../../testing/absence.js'
import { loadTensorFlowBackend } from './load-tensorflow.js'
import type { TfjsBackend } from './tfjs-types.js'

tf.enableProdMode()
await tf.setBackend('cpu')
const absence = await absenceOf(loadTensorFlowBackend)

if (absence !== undefined) it.skip(`${absence}; npm run setup:tensorflow`, () => {})
else
  describe('TensorFlow through tfjs-node', () => {
    it('leaves tfjs’s current backend as it was, though the package takes the place', async () => {
      await loadTensorFlowBackend()
      expect(tf.getBackend()).toBe('cpu')
      expect(tf.add(1, 2).dataSync()[0]).toBe(3)
    })

    it('gives back every tensor of TensorFlow’s', async () => {
      const { binding } = tf.findBackend('tensorflow') as unknown as TfjsBackend
      const before = binding!.getNumOfTensors()
      const backend = await loadTensorFlowBackend()
      scope(() => {
        const weight = randomNormal(randomKey(1), [3, 4], { backend })
        const x = tensor(new Float32Array(20).fill(1), [5, 4], { backend })
        const step = valueAndGrad((w: typeof weight) => sum(add(linear(x, w), 1)))
        for (let i = 0; i < 3; i++) step(weight)
      })
      expect(backend.memory().buffers).toBe(0)
      backend.dispose!()
      expect(binding!.getNumOfTensors()).toBe(before)
    })
  })
