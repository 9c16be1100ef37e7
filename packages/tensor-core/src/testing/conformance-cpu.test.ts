import { describe, it } from 'vitest'
import { createCpuBackend } from '../backends/cpu/create-cpu-backend.js'
import { agreementChecks, differenceChecks } from './conformance.js'
import { goldenChecks } from './golden.js'

describe('the cpu backend agrees with itself and leaves no buffer behind', () => {
  for (const check of agreementChecks(createCpuBackend(), createCpuBackend())) it(check.name, check.run)
})

describe('gradient rules agree with finite differences', () => {
  for (const check of differenceChecks(createCpuBackend())) it(check.name, check.run)
})

describe('the cpu backend agrees with PyTorch', () => {
  for (const check of goldenChecks(createCpuBackend())) it(check.name, check.run)
})
