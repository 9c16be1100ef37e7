import { describe, expect, it } from 'vitest'
import { exact, expectClose, type Tolerance } from './compare.js'
import { hostValues } from './host-values.js'

const compare = (actual: number[], expected: number[], tolerance: Tolerance) => () =>
  expectClose([hostValues([actual.length], actual)], [hostValues([expected.length], expected)], tolerance)

describe('expectClose', () => {
  it('allows relative and scaled differences', () => {
    expect(compare([1.001, 100], [1, 100], { relative: 2e-3 })).not.toThrow()
    expect(compare([1.001, 100], [1, 100], { scaled: 2e-5 })).not.toThrow()
    expect(compare([1.001, 100], [1, 100], { relative: 5e-4 })).toThrow(/element 0 of \[2\]: expected 1, got 1.00/)
  })

  it('takes NaN for NaN only and infinities for themselves only', () => {
    const loose = { relative: 1, scaled: 1 }
    expect(compare([NaN, Infinity], [NaN, Infinity], loose)).not.toThrow()
    expect(compare([NaN], [1], loose)).toThrow(/expected 1, got NaN/)
    expect(compare([1], [NaN], loose)).toThrow(/expected NaN, got 1/)
    expect(compare([3e38], [Infinity], loose)).toThrow(/expected Infinity/)
    expect(compare([-Infinity], [Infinity], loose)).toThrow(/expected Infinity, got -Infinity/)
  })

  it('tells −0 from 0 when exact', () => {
    expect(compare([-0], [0], exact)).toThrow(/expected 0, got −0/)
    expect(compare([-0], [0], {})).not.toThrow()
  })

  it('compares shapes, dtypes and the number of outputs', () => {
    const x = hostValues([2], [1, 2])
    expect(() => expectClose([], [x])).toThrow(/expected 1 outputs, got 0/)
    expect(() => expectClose([hostValues([1, 2], [1, 2])], [x])).toThrow(/expected float32 \[2\], got float32 \[1, 2\]/)
    expect(() => expectClose([hostValues([2], [1, 2], 'int32')], [x])).toThrow(/got int32/)
  })
})
