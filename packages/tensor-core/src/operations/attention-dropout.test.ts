import { describe, expect, test } from 'vitest'
import { createCpuBackend } from '../backends/cpu/create-cpu-backend.js'
import { createNativeBackend } from '../backends/native.js'
import { compile } from '../compile/compile.js'
import { setDefaultBackend } from '../default-backend.js'
import { vjp } from '../gradients.js'
import { randomKey, type RandomKey } from '../random/key.js'
import { scope } from '../scope.js'
import type { Tensor } from '../tensor.js'
import { attention } from './attention.js'
import { randomNormal } from './creation.js'
import { nativeLoadError } from '@lemanic/tensor-native'

const backends = [createCpuBackend, ...(nativeLoadError() === undefined ? [() => createNativeBackend()] : [])]

describe.each(backends.map((create) => create()))('dropout of attention weights on $name', (backend) => {
  const rate = 0.3
  const inputs = (): [Tensor, Tensor, Tensor] => {
    setDefaultBackend(backend)
    return [1, 2, 3].map((seed) => randomNormal(randomKey(seed), [1, 5, 2, 4])) as [Tensor, Tensor, Tensor]
  }
  const results = (q: Tensor, k: Tensor, v: Tensor, key: RandomKey | undefined): Float32Array[] =>
    scope(() => {
      const run = ([query, keys, values]: readonly Tensor[]): Tensor[] => [
        attention(query!, keys!, values!, { causal: true, ...(key && { dropout: { rate, key } }) }),
      ]
      const { value, pullback } = vjp(run, [q, k, v])
      return [value[0]!, pullback([q])[2]!].map((x) => x.dataSync() as Float32Array)
    })

  test('the expected result, and the expected gradient by the values, are those without it', () => {
    const [q, k, v] = inputs()
    const plain = results(q, k, v, undefined)
    const runs = 600
    const all = Array.from({ length: runs }, (_, i) => results(q, k, v, randomKey(9).foldIn(i)))
    plain.forEach((expected, which) => {
      expected.forEach((value, at) => {
        const drawn = all.map((one) => one[which]![at]!)
        const mean = drawn.reduce((a, b) => a + b, 0) / runs
        const variance = drawn.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (runs - 1)
        expect(Math.abs(mean - value)).toBeLessThan(5 * Math.sqrt(variance / runs) + 1e-5) // 80 elements: far in the tail
      })
      // it does drop: one draw is another than the expectation
      expect(Math.max(...expected.map((value, at) => Math.abs(all[0]![which]![at]! - value)))).toBeGreaterThan(0.1)
    })
  })

  test('the key decides, in a compiled step too', () => {
    const [q, k, v] = inputs()
    const step = (x: Tensor, key: RandomKey): Tensor => attention(x, k, v, { dropout: { rate, key: key.foldIn('a') } })
    const compiled = compile(step)
    const seen = [1, 2, 1, 3].map((seed) => {
      const values = [...compiled(q, randomKey(seed)).dataSync()]
      expect(values).toEqual([...step(q, randomKey(seed)).dataSync()])
      return values
    })
    expect(seen[0]).toEqual(seen[2])
    expect(seen[0]).not.toEqual(seen[1])
    expect(compiled.report().replays).toBe(backend.recorder === undefined ? 0 : 3)
  })

  test('refuses a rate that cannot be, and keys that are partly used', () => {
    const [q, k, v] = inputs()
    const key = randomKey(1)
    expect(() => attention(q, k, v, { dropout: { rate: 1, key } })).toThrow(
      /rate must be at least 0 and below 1, got 1/,
    )
    expect(() => attention(q, k, v, { used: 3, dropout: { rate, key } })).toThrow(/dropout goes with all keys/)
    setDefaultBackend(undefined)
  })
})
