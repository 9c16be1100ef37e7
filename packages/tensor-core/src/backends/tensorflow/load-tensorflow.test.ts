import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { afterEach, describe, expect, it } from 'vitest'
import { add, createBackend, setDefaultBackend, tensor } from '../../index.js'
import { restoreRemovedUtilities } from './load-tensorflow.js'

afterEach(() => setDefaultBackend(undefined))

describe('createBackend({ backend: "tensorflow" })', () => {
  it('computes on the tfjs engine it is given', async () => {
    tf.enableProdMode()
    await tf.setBackend('cpu')
    const backend = await createBackend({ backend: 'tensorflow', tf })
    expect(backend.name).toBe('tensorflow')
    expect(backend.describe().engine).toBe('TensorFlow.js, cpu backend')
    expect(add(tensor([1, 2]), 3).toArray()).toEqual([4, 5])
  })

  it('takes a namespace with no other engine', async () => {
    await expect(createBackend({ backend: 'cpu', tf })).rejects.toThrow(
      /tf goes with the backend "tensorflow", got cpu/,
    )
  })
})

describe('the functions that Node 23 removed', () => {
  it('come back where they are missing, hidden, and stay where they are not', () => {
    const original = (): boolean => true
    const util: Record<string, unknown> = { isArray: original }
    restoreRemovedUtilities(util)
    const { isNullOrUndefined } = util as { isNullOrUndefined: (value: unknown) => boolean }
    expect([undefined, null, 0, ''].map(isNullOrUndefined)).toEqual([true, true, false, false])
    expect(util.isArray).toBe(original)
    expect(Object.keys(util)).toEqual(['isArray'])
  })
})
