import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { describe, it } from 'vitest'
import { createTensorFlowBackend } from '../backends/tensorflow/create-tensorflow-backend.js'
import { backendContract } from './contract.js'

/** The adapter on tfjs's own kernels in JavaScript: what holds here needs no download. */
async function create() {
  tf.enableProdMode()
  await tf.setBackend('cpu')
  return createTensorFlowBackend({ tf })
}

backendContract('tensorflow on tfjs’s cpu backend', create, { describe, it })
