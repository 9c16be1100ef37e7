import { describe, it } from 'vitest'
import { loadTensorFlowBackend } from '../backends/tensorflow/load-tensorflow.js'
import { absenceOf } from './absence.js'
import { backendContract } from './contract.js'

const absence = await absenceOf(loadTensorFlowBackend)

if (absence === undefined) backendContract('tensorflow', loadTensorFlowBackend, { describe, it })
else it.skip(`${absence}; npm run setup:tensorflow`, () => {})
