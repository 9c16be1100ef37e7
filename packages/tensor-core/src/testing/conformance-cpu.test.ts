import { describe, it } from 'vitest'
import { createCpuBackend } from '../backends/cpu/create-cpu-backend.js'
import { conformanceCases } from './cases/index.js'
import { agreementChecks, differenceChecks } from './conformance.js'
import { goldenChecks } from './golden.js'
import { memoryChecks } from './memory.js'
import { robustnessChecks } from './robustness.js'

const backend = createCpuBackend()

describe('the cpu backend keeps memory in order', () => {
  for (const check of [...memoryChecks(backend), ...robustnessChecks(backend)]) it(check.name, check.run)
})

describe('the cpu backend agrees with PyTorch', () => {
  for (const check of goldenChecks(backend)) it(check.name, check.run)
})

describe('gradient rules agree with finite differences', () => {
  for (const check of differenceChecks(backend)) it(check.name, check.run)
})

/** The oracle agrees with itself: what is left to see is that nothing throws, leaks, or is left out. */
describe('every operation of the cpu backend runs and leaves no buffer behind', () => {
  const small = conformanceCases().filter(({ name }) => !name.includes('large'))
  for (const check of agreementChecks(backend, createCpuBackend(), small)) it(check.name, check.run)
})
