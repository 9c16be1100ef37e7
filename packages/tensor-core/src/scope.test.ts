import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  add,
  createCpuBackend,
  dispose,
  keep,
  multiply,
  scope,
  setDefaultBackend,
  tensor,
  type Backend,
  type Tensor,
} from './index.js'

let backend: Backend
beforeAll(() => {
  backend = createCpuBackend()
  setDefaultBackend(backend)
})
afterAll(() => setDefaultBackend(undefined))

const buffers = (): number => backend.memory().buffers

describe('scope', () => {
  it('gives back everything but the result, wherever it hides', () => {
    const before = buffers()
    const result = scope(() => {
      const a = tensor([1, 2])
      const b = multiply(a, 2)
      return { list: [add(a, b)], map: new Map([['b', b]]), set: new Set([a]), plain: 'x' }
    })
    expect(buffers()).toBe(before + 3)
    expect(result.list[0]!.toArray()).toEqual([3, 6])
    dispose(result)
    expect(buffers()).toBe(before)
  })

  it('hands results of an inner scope to the outer one', () => {
    const before = buffers()
    scope(() => {
      const inner = scope(() => multiply(tensor([2]), 3))
      expect(inner.toArray()).toEqual([6])
    })
    expect(buffers()).toBe(before)
  })

  it('gives back when the body throws', () => {
    const before = buffers()
    expect(() =>
      scope(() => {
        tensor([1])
        throw new Error('stop')
      }),
    ).toThrow('stop')
    expect(buffers()).toBe(before)
  })

  it('refuses an asynchronous body', () => {
    expect(() => scope(async () => tensor([1]))).toThrow(/synchronous/)
  })

  it('leaves kept tensors alone', () => {
    let kept: Tensor | undefined
    scope(() => {
      kept = keep(tensor([4]))
    })
    expect(kept!.item()).toBe(4)
    kept!.dispose()
  })

  it('names what happened when a disposed tensor is used', () => {
    const gone = tensor([1])
    gone.dispose()
    gone.dispose()
    expect(() => add(gone, 1)).toThrow(/after its memory was given back/)
  })

  it('`using` disposes at the end of the block', () => {
    const before = buffers()
    {
      using x = tensor([1, 2, 3])
      expect(x.size).toBe(3)
    }
    expect(buffers()).toBe(before)
  })
})
