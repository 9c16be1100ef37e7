import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Backend } from '../backend.js'
import { createCpuBackend } from '../backends/cpu/create-cpu-backend.js'
import { createNativeBackend } from '../backends/native.js'
import { createWasmBackendSync } from '../backends/wasm.js'
import { setDefaultBackend } from '../default-backend.js'
import { grad, valueAndGrad } from '../gradients.js'
import {
  add,
  attention,
  concat,
  dropout,
  embedding,
  full,
  linear,
  mean,
  multiply,
  reshape,
  square,
  sum,
  tensor,
  updateRows,
} from '../operations/index.js'
import { randomNormal, randomUniform } from '../operations/creation.js'
import { randomKey, type RandomKey } from '../random/key.js'
import { RandomStream } from '../random/random-stream.js'
import { scope } from '../scope.js'
import type { Tensor } from '../tensor.js'
import { compile, type CompiledStep } from './compile.js'
import { dynamic, mapScalar, type Scalar } from './dynamic-number.js'
import { nativeLoadError } from '@lemanic/tensor-native'

const engines: [string, () => Backend][] = [
  ...(nativeLoadError() === undefined ? ([['native', () => createNativeBackend()]] as [string, () => Backend][]) : []),
  ['wasm', () => createWasmBackendSync()],
]

const values = (x: Tensor): number[] => [...x.dataSync()]
const vector = (...numbers: number[]): Tensor => tensor(Float32Array.from(numbers))

describe.each(engines)('compile, %s', (_, create) => {
  let backend: Backend
  let former: Backend | undefined
  beforeAll(() => {
    backend = create()
    former = setDefaultBackend(backend)
  })
  afterAll(() => {
    backend.dispose?.()
    setDefaultBackend(former)
  })

  /** Calls a step with several arguments, compiled and not, and expects the same bits each time. */
  const expectSame = <Values extends readonly unknown[]>(
    step: (...values: Values) => Tensor | readonly Tensor[],
    calls: readonly Values[],
  ): CompiledStep<Values, Tensor | readonly Tensor[]> => {
    const compiled = compile(step)
    const list = (result: Tensor | readonly Tensor[]): number[][] =>
      (Array.isArray(result) ? result : [result]).map((item: Tensor) => values(item))
    for (const call of calls) expect(list(compiled(...call))).toEqual(list(step(...call)))
    return compiled
  }

  test('replays with other contents of the same shape, and records another shape', () => {
    const step = (x: Tensor, y: Tensor): Tensor => sum(multiply(add(x, 1), y))
    const compiled = expectSame(step, [
      [vector(1, 2), vector(3, 4)],
      [vector(-1, 0.3), vector(5, 7)],
      [vector(1, 2, 3), vector(3, 4, 5)],
      [vector(0.5, 2), vector(0.1, 0.2)],
    ])
    expect(compiled.report()).toEqual({ replays: 2, recordings: 2, eager: 0, reason: undefined })
  })

  test('takes gradients, and leaves nothing behind', () => {
    const both = valueAndGrad((params: { w: Tensor; b: Tensor }, x: Tensor) =>
      mean(square(linear(x, params.w, params.b))),
    )
    const params = { w: randomNormal(randomKey(1), [3, 4]), b: full([3], 0.1) }
    const inputs = [1, 2, 3].map((seed) => randomNormal(randomKey(seed), [5, 4]))
    const step = (p: typeof params, x: Tensor): Tensor[] => {
      const { loss, grads } = both(p, x)
      return [loss, grads.w, grads.b]
    }
    const compiled = expectSame(
      step,
      inputs.map((x) => [params, x]),
    )
    expect(compiled.report().replays).toBe(2)
    const before = backend.memory()
    for (let i = 0; i < 20; i++) scope(() => void compiled(params, inputs[i % 3]!))
    expect(backend.memory()).toMatchObject({ buffers: before.buffers, bytes: before.bytes })
    compiled.dispose()
    expect(backend.memory().bytes).toBeLessThan(before.bytes)
  })

  test('rows written where they lie, and attention to those that are there: dynamic numbers too', () => {
    const room = randomNormal(randomKey(1), [1, 6, 2, 4])
    const compiled = compile((keys: Tensor, row: Tensor, at: Scalar) => {
      const written = updateRows(keys, row, at)
      const used = mapScalar(at, (count) => count + 1)
      return attention(row, written, written, { causal: true, used })
    })
    let expected: Tensor | undefined
    for (let at = 0; at < 6; at++) {
      const row = randomNormal(randomKey(7 + at), [1, 1, 2, 4])
      expected = expected === undefined ? row : concat([expected, row], 1)
      const got = compiled(room, row, dynamic(at))
      expect(values(got)).toEqual(values(attention(row, expected, expected, { causal: true })))
    }
    expect(values(room)).toEqual(values(expected!))
    expect(compiled.report()).toEqual({ replays: 5, recordings: 1, eager: 0, reason: undefined })
  })

  test('a key is an input, and so is what derives from it', () => {
    const step = (x: Tensor, key: RandomKey): Tensor[] => {
      const [first, second] = key.split() as [RandomKey, RandomKey]
      return [
        dropout(x, 0.5, first.foldIn('layer').foldIn(3)),
        randomUniform(second, [4]),
        randomNormal(key.foldIn(1), [3], { mean: 2, standardDeviation: 3 }),
      ]
    }
    const x = full([64], 1)
    const compiled = expectSame(
      step,
      [5, 6, 5, 7].map((seed) => [x, randomKey(seed)]),
    )
    expect(compiled.report()).toMatchObject({ replays: 3, recordings: 1 })
  })

  test('a dynamic number is an input, a plain one a part of the form', () => {
    const step = (x: Tensor, rate: Scalar): Tensor[] => [
      multiply(
        x,
        mapScalar(rate, (value) => Math.cos(value)),
      ),
      full([2], rate),
    ]
    const compiled = compile(step)
    for (const rate of [0.1, 0.2, 0.3]) {
      const [a, b] = compiled(vector(1, 2), dynamic(rate)) as [Tensor, Tensor]
      expect(values(a)).toEqual([Math.fround(Math.cos(rate)), Math.fround(2 * Math.fround(Math.cos(rate)))])
      expect(values(b)).toEqual([Math.fround(rate), Math.fround(rate)])
    }
    expect(compiled.report()).toMatchObject({ replays: 2, recordings: 1 })
    for (const rate of [0.1, 0.2]) compiled(vector(1, 2), rate)
    expect(compiled.report()).toMatchObject({ replays: 2, recordings: 3 })
  })

  test.each<[string, (x: Tensor, key: RandomKey, n: Scalar) => unknown]>([
    ['a tensor of shape [2] was read', (x) => add(x, x.toArray() === undefined ? 1 : 2)],
    ['a tensor of shape [] was read', (x) => (sum(x).item() > 0 ? x : add(x, 1))],
    ['words of a random key were read', (x, key) => add(x, new RandomStream(key).nextUniform())],
    ['words of a random key were read', (x, key) => add(x, key.foldIn(1).words[0] % 7)],
    ['dynamic number was read', (x, _, n) => multiply(x, Number(n) + 1)],
    ['the result is a Map', (x) => new Map([['x', x]])],
    ['the result.f is a function', (x) => ({ x, f: () => 1 })],
  ])('%s: runs eagerly, and says so', (why, step) => {
    const compiled = compile(step)
    for (const seed of [1, 2, 3]) {
      const call = [vector(1, seed), randomKey(seed), dynamic(seed)] as const
      expect(JSON.stringify(compiled(...call), replacer)).toBe(JSON.stringify(step(...call), replacer))
    }
    expect(compiled.report()).toMatchObject({ replays: 0, recordings: 0, eager: 3 })
    expect(compiled.report().reason).toContain(why)
  })

  test('what is passed through, shared or constant comes back as in the eager step', () => {
    const step = (x: Tensor) => {
      const y = multiply(x, 2)
      return {
        x,
        view: reshape(x, [2, 1]),
        y,
        again: reshape(y, [1, 2]),
        constant: tensor([4, 5]),
        name: 'n',
        none: null,
      }
    }
    const compiled = compile(step)
    compiled(vector(1, 2))
    const x = vector(3, 4)
    const result = compiled(x)
    expect(compiled.report().replays).toBe(1)
    expect(result.x).toBe(x)
    expect([result.view.shape, result.again.shape]).toEqual([
      [2, 1],
      [1, 2],
    ])
    result.y.dispose()
    expect([values(result.view), values(result.again), values(result.constant)]).toEqual([
      [3, 4],
      [6, 8],
      [4, 5],
    ])
    expect([result.name, result.none]).toEqual(['n', null])
    result.constant.dispose()
    expect(values(compiled(x).constant)).toEqual([4, 5])
  })

  test('inputs that are one buffer at first and two later', () => {
    const x = vector(1, 2)
    const compiled = expectSame(
      (a: Tensor, b: Tensor) => add(multiply(a, 10), b),
      [
        [x, x],
        [vector(3, 4), vector(5, 6)],
        [x, vector(5, 6)],
        [x, x],
      ],
    )
    expect(compiled.report()).toMatchObject({ recordings: 2, replays: 2 })
  })

  test('a tensor from outside is a constant; when it is disposed of, the step is recorded anew', () => {
    let outside = vector(10, 20)
    const compiled = compile((x: Tensor) => add(x, outside))
    compiled(vector(1, 1))
    expect(values(compiled(vector(2, 2)))).toEqual([12, 22])
    outside.dispose()
    outside = vector(100, 200)
    expect(values(compiled(vector(2, 2)))).toEqual([102, 202])
    expect(values(compiled(vector(3, 3)))).toEqual([103, 203])
    expect(compiled.report()).toMatchObject({ recordings: 2, replays: 2 })
  })

  test('errors are those of the eager step, also in a replay', () => {
    const table = vector(1, 2, 3, 4)
    const lookUp = compile((t: Tensor, ids: Tensor) => embedding(reshape(t, [2, 2]), ids))
    const ids = (...list: number[]): Tensor => tensor(Int32Array.from(list))
    lookUp(table, ids(0, 1))
    expect(() => lookUp(table, ids(0, 2))).toThrow('index 2')
    expect(values(lookUp(table, ids(1, 1)))).toEqual([3, 4, 3, 4])
    const failing = compile((x: Tensor) => add(x, vector(1, 2, 3)))
    expect(() => failing(vector(1, 2))).toThrow('add')
    expect(values(failing(vector(1, 2, 3)))).toEqual([2, 4, 6])
  })

  test('inside a gradient function or another compiled step it is just its step', () => {
    const inner = compile((x: Tensor) => square(x))
    inner(vector(1, 2))
    inner(vector(1, 2))
    expect(values(grad((x: Tensor) => sum(inner(x)))(vector(3, 4)))).toEqual([6, 8])
    const outer = compile((x: Tensor) => add(inner(x), 1))
    expect([vector(1, 2), vector(2, 3)].map((x) => values(outer(x)))).toEqual([
      [2, 5],
      [5, 10],
    ])
    expect(outer.report()).toMatchObject({ recordings: 1, replays: 1 })
  })

  test('typed arrays and instances cannot be arguments; after many forms in a row it gives up', () => {
    const arrays = compile((x: Tensor, batch: { ids: Int32Array }) => add(x, batch.ids[0]!))
    for (const i of [1, 2]) expect(values(arrays(vector(0), { ids: Int32Array.of(i) }))).toEqual([i])
    expect(arrays.report().reason).toBe(
      'argument 2.ids is a Int32Array; a compiled step takes tensors, keys and plain data (make it a tensor)',
    )
    const numbers = compile((x: Tensor, n: number) => add(x, n))
    for (let n = 0; n < 40; n++) expect(values(numbers(vector(1), n))).toEqual([n + 1])
    expect(numbers.report()).toMatchObject({ recordings: 16, eager: 24 })
    expect(numbers.report().reason).toContain('16 calls in a row')
    expect(compile((n: number) => n + 1)(3)).toBe(4)
  })

  test('keeps so many recordings, those used last', () => {
    const compiled = compile((x: Tensor) => add(x, 1), { recordings: 2 })
    for (const n of [1, 2, 1, 3, 1, 2]) compiled(full([n], 0))
    expect(compiled.report()).toMatchObject({ recordings: 4, replays: 2 })
    expect(() => compile(() => 1, { recordings: 0 })).toThrow('recordings')
  })
})

test('a backend that cannot record runs the step', () => {
  const backend = createCpuBackend()
  const compiled = compile((x: Tensor) => add(x, 1))
  const x = tensor([1, 2], undefined, { backend })
  expect([compiled(x), compiled(x)].map(values)).toEqual([
    [2, 3],
    [2, 3],
  ])
  expect(compiled.report()).toEqual({ replays: 0, recordings: 0, eager: 2, reason: 'backend "cpu" cannot record' })
})

function replacer(_: string, value: unknown): unknown {
  if (value instanceof Map) return [...value]
  return typeof value === 'object' && value !== null && 'dataSync' in value ? values(value as Tensor) : value
}
