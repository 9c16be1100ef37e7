import { describe, expect, test } from 'vitest'
import { AttributeWords } from './attribute-words.js'
import { compute, engines, float32, numbers } from './test-engines.js'

/** a [m, k]·b [k, n] in float64, from arrays that are transposed where asked. */
function product(
  a: Float32Array,
  b: Float32Array,
  [m, n, k]: readonly number[],
  transposeA: boolean,
  transposeB: boolean,
): Float32Array {
  const out = new Float32Array(m! * n!)
  for (let i = 0; i < m!; i++) {
    for (let j = 0; j < n!; j++) {
      let sum = 0
      for (let l = 0; l < k!; l++)
        sum += a[transposeA ? l * m! + i : i * k! + l]! * b[transposeB ? j * k! + l : l * n! + j]!
      out[i * n! + j] = sum
    }
  }
  return out
}

const largestDifference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)

// around the tiles (6 × 8, 6 × 16, 12 × 32), the depth of a block (256 or 384), and rows a large power of two apart; few
// rows, few rows against wide weights, and products that threads share in each of the ways there are
const sizes = [
  [1, 1, 1],
  [2, 40, 300],
  [6, 16, 64],
  [7, 17, 65],
  [97, 33, 257],
  [5, 129, 512],
  [100, 48, 1024],
  [13, 700, 3],
  [4, 150, 70],
  [3, 9, 400],
  [20, 75, 100],
  [33, 130, 800],
  [200, 130, 500],
  [170, 33, 40],
] as const

describe.each(engines)('matmul on %s', (_, create) => {
  test.each(sizes)('%i × %i over %i, all transposes', (m, n, k) => {
    const engine = create()
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const a = float32(engine, transposeA ? [k, m] : [m, k], numbers(m * k, 2))
        const b = float32(engine, transposeB ? [n, k] : [k, n], numbers(n * k, 3))
        const [c] = compute(engine, 'matmul', [Number(transposeA), Number(transposeB)], [a, b], [[m, n]])
        const expected = product(numbers(m * k, 2), numbers(n * k, 3), [m, n, k], transposeA, transposeB)
        expect(largestDifference(c!, expected)).toBeLessThan(2e-7 * k + 1e-6)
      }
    }
    engine.dispose()
  })

  test('batches broadcast on either side', () => {
    const engine = create()
    const a = numbers(3 * 5 * 4, 4)
    const b = numbers(2 * 4 * 9, 5)
    const [c] = compute(
      engine,
      'matmul',
      [0, 0],
      [float32(engine, [3, 1, 5, 4], a), float32(engine, [2, 4, 9], b)],
      [[3, 2, 5, 9]],
    )
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 2; j++) {
        const expected = product(a.slice(i * 20, i * 20 + 20), b.slice(j * 36, j * 36 + 36), [5, 9, 4], false, false)
        expect(largestDifference(c!.slice((i * 2 + j) * 45, (i * 2 + j + 1) * 45), expected)).toBeLessThan(1e-6)
      }
    }
    engine.dispose()
  })

  test('an empty sum is zero, and with a bias the bias', () => {
    const engine = create()
    expect(compute(engine, 'matmul', [0, 0], [float32(engine, [2, 0]), float32(engine, [0, 3])], [[2, 3]])[0]).toEqual(
      new Float32Array(6),
    )
    const bias = new Float32Array([1, 2, 3])
    const [y] = compute(
      engine,
      'linear',
      [1],
      [float32(engine, [2, 0]), float32(engine, [3, 0]), float32(engine, [3], bias)],
      [[2, 3]],
    )
    expect(y).toEqual(new Float32Array([1, 2, 3, 1, 2, 3]))
    engine.dispose()
  })

  test('NaN and infinity come through', () => {
    const engine = create()
    const a = float32(engine, [1, 2], new Float32Array([Infinity, 0]))
    const b = float32(engine, [2, 2], new Float32Array([1, 0, NaN, 1]))
    expect([...compute(engine, 'matmul', [0, 0], [a, b], [[1, 2]])[0]!]).toEqual([NaN, NaN])
    engine.dispose()
  })
})

test.each([
  [
    'matmul',
    [0, 1],
    [
      [130, 300],
      [70, 300],
    ],
    [[130, 70]],
  ],
  ['sum', [3], [[300, 500]], [[]]],
  ['sum', [1], [[3000, 50]], [[50]]],
  ['sumOfSquares', [], [[70_000]], [[]]],
  ['layerNormGradient', [1], [[300, 40], [300, 40], [40], [300], [300]], [[300, 40], [40], [40]]],
  [
    'attention',
    new AttributeWords().integer(1).flag(true).flag(false).number(0.3).values,
    [
      [3, 70, 2, 16],
      [3, 70, 2, 16],
      [3, 70, 2, 16],
    ],
    [
      [3, 70, 2, 16],
      [3, 2, 70],
    ],
  ],
] as const)('%s does not depend on the number of threads', (name, attributes, inputs, outputs) => {
  const results = engines
    .filter(([engine]) => engine === 'native' || engine === 'native, three threads')
    .map(([, create]) => {
      const engine = create()
      const operands = inputs.map((shape, i) =>
        float32(
          engine,
          shape,
          numbers(
            shape.reduce((a: number, b: number) => a * b, 1),
            i + 1,
          ),
        ),
      )
      const result = compute(engine, name, attributes, operands, outputs)
      engine.dispose()
      return result
    })
  for (const result of results.slice(1)) expect(result).toEqual(results[0])
})
