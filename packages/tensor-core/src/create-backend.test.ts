import { afterEach, describe, expect, it } from 'vitest'
import {
  createBackend,
  createCpuBackend,
  defaultBackend,
  doctor,
  formatDiagnosis,
  multiply,
  setDefaultBackend,
  tensor,
} from './index.js'

afterEach(() => setDefaultBackend(undefined))

describe('createBackend', () => {
  it('makes the engine asked for the default', async () => {
    const backend = await createBackend({ backend: 'cpu' })
    expect(backend.name).toBe('cpu')
    expect(defaultBackend()).toBe(backend)
    expect(tensor([1]).backend).toBe(backend)
  })

  it('takes an engine of the user', async () => {
    const own = { ...createCpuBackend(), name: 'own' }
    expect(await createBackend({ backend: own })).toBe(own)
    expect(tensor([1]).backend.name).toBe('own')
  })

  it('takes the first one that loads', async () => {
    const { choice } = await doctor()
    expect((await createBackend()).name).toBe(choice)
  })

  it('names impossible options', async () => {
    await expect(createBackend({ backend: 'gpu' as never })).rejects.toThrow(
      /unknown backend "gpu"; expected native, wasm, cpu/,
    )
    await expect(createBackend({ thread: 2 } as never)).rejects.toThrow(
      /unknown option "thread"; known are backend, threads, memoryLimit, tf/,
    )
    await expect(createBackend({ threads: 0 })).rejects.toThrow(/threads must be a whole number ≥ 1, got 0/)
    await expect(createBackend({ memoryLimit: -1 })).rejects.toThrow(/memoryLimit/)
  })

  it('refuses to mix engines in one operation, and says how to move a tensor', () => {
    const a = tensor([1], [1], { backend: createCpuBackend() })
    const b = tensor([1], [1], { backend: { ...createCpuBackend(), name: 'other' } })
    expect(() => multiply(a, b)).toThrow(/lives on backend "cpu", another on "other"[\s\S]*help: move one of them/)
  })
})

describe('doctor', () => {
  it('reports every engine, with a remedy for each that is missing', async () => {
    const diagnosis = await doctor()
    expect(diagnosis.backends.map(({ name }) => name)).toEqual(['native', 'wasm', 'cpu', 'tensorflow'])
    for (const { works, problem, remedy } of diagnosis.backends) {
      expect(works).toBe(problem === undefined)
      expect(works).toBe(remedy === undefined)
    }
    expect(diagnosis.backends.find(({ name }) => name === 'cpu')!.works).toBe(true)
  })

  it('puts it into words', () => {
    const text = formatDiagnosis({
      runtime: 'Node 20.19.0',
      platform: 'linux-x64',
      choice: 'cpu',
      backends: [
        { name: 'native', works: false, facts: {}, problem: 'no binary', remedy: 'build it' },
        { name: 'cpu', works: true, facts: { threads: 1 } },
      ],
    })
    expect(text).toContain('missing  native     no binary\n')
    expect(text).toContain('to add it: build it')
    expect(text).toContain('ok       cpu        threads 1  ← chosen')
  })
})
