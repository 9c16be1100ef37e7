import { describe, it } from 'vitest'
import { createCpuBackend } from '../backends/cpu/create-cpu-backend.js'
import { differenceChecks } from './conformance.js'
import { backendContract } from './contract.js'

backendContract('cpu', createCpuBackend, { describe, it })

describe('gradient rules agree with finite differences', () => {
  for (const check of differenceChecks(createCpuBackend())) it(check.name, check.run)
})
