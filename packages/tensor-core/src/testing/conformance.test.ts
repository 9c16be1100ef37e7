import { describe, expect, it } from 'vitest'
import type { Backend, Kernels } from '../backend.js'
import { createCpuBackend } from '../backends/cpu/create-cpu-backend.js'
import { matmul, multiply, randomNormal, tensor } from '../operations/index.js'
import type { Case } from './case.js'
import { conformanceCases } from './cases/index.js'
import { agreementChecks, runChecks } from './conformance.js'
import { expectGradientsMatchDifferences } from './finite-differences.js'
import { normal } from './host-values.js'

function sabotaged(kernels: (own: Kernels) => Partial<Kernels>): Backend {
  const backend = createCpuBackend()
  return { ...backend, kernels: { ...backend.kernels, ...kernels(backend.kernels) } }
}

const product: Case = {
  operation: 'matmul',
  name: 'product',
  inputs: () => [normal([3, 4], 1), normal([4, 2], 2)],
  compute: ([a, b]) => matmul(a!, b!),
}
const random: Case = {
  operation: 'randomNormal',
  name: 'random',
  inputs: () => [normal([1])],
  compute: ([x]) => randomNormal({ words: [1, 2] }, [100], { backend: x!.backend }),
  differentiable: [],
}

describe('the conformance suite', () => {
  it('has unique case names', () => {
    const names = conformanceCases().map(({ name }) => name)
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  })

  it('notices a product that is wrong in its transposed form only, and says in which stage', async () => {
    const backend = sabotaged((own) => ({
      matmul: (inputs, attributes, outputs) =>
        own.matmul(
          inputs,
          attributes.transposeB ? { ...attributes, transposeA: !attributes.transposeA } : attributes,
          outputs,
        ),
    }))
    const square: Case = { ...product, inputs: () => [normal([3, 3], 1), normal([3, 3], 2)] }
    const [result] = await runChecks(agreementChecks(backend, createCpuBackend(), [square]))
    expect(result).toMatchObject({
      passed: false,
      message: expect.stringMatching(/^gradient: output 0, element \d of \[3, 3\]: expected /),
    })
  })

  it('notices one wrong bit of a random number', async () => {
    const backend = sabotaged((own) => ({
      randomNormal: (inputs, attributes, outputs) =>
        own.randomNormal(inputs, { key: [attributes.key[0], attributes.key[1] ^ 1] }, outputs),
    }))
    const [result] = await runChecks(agreementChecks(backend, createCpuBackend(), [random]))
    expect(result!.passed).toBe(false)
  })

  it('notices a buffer that is left behind', async () => {
    const backend = sabotaged((own) => ({
      matmul: (inputs, attributes, outputs) => {
        own.matmul(inputs, attributes, outputs)
        return own.matmul(inputs, attributes, outputs)
      },
    }))
    const [result] = await runChecks(agreementChecks(backend, createCpuBackend(), [{ ...product, differentiable: [] }]))
    expect(result!.message).toBe('1 buffers were left behind')
  })

  it('names the kernels that no case called', async () => {
    const results = await runChecks(agreementChecks(createCpuBackend(), createCpuBackend(), [product]))
    expect(results[0]!.passed).toBe(true)
    expect(results.at(-1)!.message).toMatch(/no case called full, range, .*, topK/)
  })

  it('notices a gradient that misses a path', () => {
    const blind: Case = {
      operation: 'multiply',
      name: 'x · x with one factor unseen',
      inputs: () => [normal([4])],
      compute: ([x]) => multiply(x!, tensor(x!.dataSync(), x!.shape, { backend: x!.backend })),
    }
    expect(() => expectGradientsMatchDifferences(blind, createCpuBackend())).toThrow(/input 0: finite differences give/)
    expectGradientsMatchDifferences({ ...blind, compute: ([x]) => multiply(x!, x!) }, createCpuBackend())
  })
})
