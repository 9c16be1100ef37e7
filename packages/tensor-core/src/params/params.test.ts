import { beforeAll, describe, expect, test } from 'vitest'
import { createCpuBackend } from '../backends/cpu/create-cpu-backend.js'
import { defaultBackend, setDefaultBackend } from '../default-backend.js'
import { LemanicError } from '../errors.js'
import { grad } from '../gradients.js'
import { add, multiply } from '../operations/binary.js'
import { tensor, zeros } from '../operations/creation.js'
import { square } from '../operations/unary.js'
import { dispose, scope } from '../scope.js'
import type { Tensor } from '../tensor.js'
import {
  addParams,
  averageParams,
  axpyParams,
  dotParams,
  interpolateParams,
  normParams,
  scaleParams,
  subtractParams,
} from './arithmetic.js'
import { bytesOfParams, cloneParams, countParams, disposeParams, zerosLikeParams } from './lifetime.js'
import { mapParams, zipParams, type Params } from './params.js'
import { excludeParams, mergeParams, prefixParams, selectParams } from './select.js'
import { flattenParams, stackParams, unflattenParams, unstackParams } from './stacking.js'
import { joinStates, splitState, type State } from './state.js'
import { checkSameStructure } from './structure.js'

beforeAll(() => {
  setDefaultBackend(createCpuBackend())
})

const of = (a: number, b: number, c: number): Params => ({ 'layer.weight': tensor([[a, b]]), bias: tensor([c]) })
const numbers = (params: Params): number[] => Object.values(params).flatMap((value) => [...value.dataSync()])

describe('arithmetic', () => {
  const x = (): Params => of(1, 2, 3)
  const y = (): Params => of(10, 20, -30)

  test('is done name by name, whatever the order of names', () => {
    const { bias, 'layer.weight': weight } = y() as { bias: Tensor; 'layer.weight': Tensor }
    const reversed = { bias, 'layer.weight': weight }
    expect(Object.keys(addParams(x(), reversed))).toEqual(['layer.weight', 'bias'])
    expect(numbers(addParams(x(), reversed))).toEqual([11, 22, -27])
    expect(numbers(subtractParams(x(), reversed))).toEqual([-9, -18, 33])
    expect(numbers(axpyParams(2, x(), y()))).toEqual([12, 24, -24])
    expect(numbers(axpyParams(tensor(2), x(), y()))).toEqual([12, 24, -24])
    expect(dotParams(x(), reversed).item()).toBe(10 + 40 - 90)
  })

  test('scale, norm, interpolate', () => {
    expect(numbers(scaleParams(x(), -2))).toEqual([-2, -4, -6])
    expect(numbers(scaleParams(x(), tensor(3)))).toEqual([3, 6, 9])
    expect(normParams(of(2, 3, 6)).item()).toBe(7)
    expect(normParams({}).item()).toBe(0)
    expect(dotParams({}, {}).item()).toBe(0)
    expect(numbers(interpolateParams(x(), y(), 0))).toEqual([1, 2, 3])
    expect(numbers(interpolateParams(x(), y(), 1))).toEqual([10, 20, -30])
    expect(numbers(interpolateParams(x(), y(), 0.5))).toEqual([5.5, 11, -13.5])
  })

  test('average: equal or weighted, weights divided by their sum', () => {
    expect(numbers(averageParams([x(), y()]))).toEqual([5.5, 11, -13.5])
    expect(numbers(averageParams([x(), y()], [3, 1]))).toEqual([3.25, 6.5, -5.25])
    expect(numbers(averageParams([x(), y()], [0, 7]))).toEqual([10, 20, -30])
    expect(() => averageParams([])).toThrow(/at least one Params/)
    expect(() => averageParams([x(), y()], [1])).toThrow(/expected 2 finite weights with a sum other than 0, got \[1\]/)
    expect(() => averageParams([x(), y()], [1, -1])).toThrow(/sum other than 0/)
  })

  test('can be differentiated', () => {
    const target = of(1, 1, 1)
    const distance = grad((params: Params) => square(normParams(subtractParams(params, target))))
    expect(numbers(distance(of(3, 1, -1)) as Params).map(Math.round)).toEqual([4, 0, -4])
  })
})

describe('map and zip', () => {
  test('pass names and keep their order', () => {
    const seen: string[] = []
    mapParams(of(1, 2, 3), (value, name) => (seen.push(name), value))
    expect(seen).toEqual(['layer.weight', 'bias'])
    expect(numbers(zipParams([of(1, 2, 3), of(4, 5, 6), of(7, 8, 9)], ([a, b, c]) => add(multiply(a, b), c)))).toEqual([
      11, 18, 27,
    ])
  })

  test('names that differ are listed', () => {
    const error = (() => {
      try {
        addParams(of(1, 2, 3), { bias: tensor([1]), extra: zeros([2, 2]) })
      } catch (caught) {
        return caught
      }
      return undefined
    })()
    expect(LemanicError.isInstance(error, 'invalid-params')).toBe(true)
    expect((error as LemanicError).fields).toEqual({
      missing: ['layer.weight'],
      unexpected: ['extra'],
      mismatching: [],
    })
    expect((error as Error).message).toMatch(
      /argument 2 and what was expected differ\s+missing:\s+layer\.weight float32 \[1, 2\]\s+unexpected:\s+extra float32 \[2, 2\]/,
    )
  })
})

describe('checkSameStructure', () => {
  test('accepts another order', () => {
    const { bias, 'layer.weight': weight } = of(1, 2, 3) as { bias: Tensor; 'layer.weight': Tensor }
    expect(() => checkSameStructure(of(0, 0, 0), { bias, 'layer.weight': weight }, { where: 'here' })).not.toThrow()
  })

  test('names mismatching shapes and dtypes with both', () => {
    const other = { 'layer.weight': zeros([2, 1]), bias: zeros([1], { dtype: 'int32' }) }
    expect(() => checkSameStructure(of(1, 2, 3), other, { where: 'loading', got: 'the file' })).toThrow(
      /loading: the file and what was expected differ\s+mismatching:\s+layer\.weight: expected float32 \[1, 2\], got float32 \[2, 1\]\s+bias: expected float32 \[1\], got int32 \[1\]/,
    )
  })

  test('a long list is cut and counted', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`p${i}`, zeros([1])]))
    expect(() => checkSameStructure(many, {}, { where: 'here' })).toThrow(/p11 .*\n.*… and 28 more/)
  })
})

describe('selection', () => {
  const model: Params = Object.fromEntries(
    ['blocks.0.weight', 'blocks.0.bias', 'blocks.01.weight', 'head.weight', 'blocks'].map((name) => [name, zeros([1])]),
  )
  const names = (params: Params): string[] => Object.keys(params)

  test.each([
    ['blocks.0', ['blocks.0.weight', 'blocks.0.bias']],
    ['blocks.0.', ['blocks.0.weight', 'blocks.0.bias']],
    ['blocks', ['blocks.0.weight', 'blocks.0.bias', 'blocks.01.weight', 'blocks']],
    [/weight$/g, ['blocks.0.weight', 'blocks.01.weight', 'head.weight']],
    [(name: string): boolean => name.includes('01'), ['blocks.01.weight']],
    [
      ['head', /bias/],
      ['blocks.0.bias', 'head.weight'],
    ],
    [[], []],
  ] as const)('%s', (selector, expected) => {
    const chosen = selectParams(model, selector)
    expect(names(chosen)).toEqual(expected)
    expect(names(excludeParams(model, selector))).toEqual(names(model).filter((name) => !names(chosen).includes(name)))
    expect(Object.entries(chosen).every(([name, value]) => model[name] === value)).toBe(true)
  })

  test('merge puts the parts together again and refuses a name that is there twice', () => {
    const parts = [selectParams(model, 'head'), excludeParams(model, 'head')]
    expect(names(mergeParams(parts)).sort()).toEqual(names(model).sort())
    expect(() => mergeParams([model, parts[0] as Params])).toThrow(/mergeParams: "head.weight" occurs twice/)
    const replacement = { 'head.weight': zeros([3]) }
    expect(mergeParams([model, replacement], { onConflict: 'last' })['head.weight']).toBe(replacement['head.weight'])
    expect(names(prefixParams(parts[0] as Params, 'model'))).toEqual(['model.head.weight'])
  })
})

describe('stacking and flattening', () => {
  test('unstack undoes stack', () => {
    const several = [of(1, 2, 3), of(4, 5, 6), of(7, 8, 9)]
    const stacked = stackParams(several)
    expect(Object.values(stacked).map(({ shape }) => shape)).toEqual([
      [3, 1, 2],
      [3, 1],
    ])
    expect(unstackParams(stacked).map(numbers)).toEqual(several.map(numbers))
    expect(unstackParams(stackParams([of(1, 2, 3)])).map(numbers)).toEqual([[1, 2, 3]])
  })

  test('unflatten undoes flatten', () => {
    const params = of(1, 2, 3)
    const flat = flattenParams(params)
    expect(flat.shape).toEqual([3])
    expect(numbers(unflattenParams(flat, params))).toEqual([1, 2, 3])
    expect(Object.values(unflattenParams(flat, params)).map(({ shape }) => shape)).toEqual([[1, 2], [1]])
    expect(flattenParams({}).shape).toEqual([0])
    expect(() => unflattenParams(zeros([4]), params)).toThrow(/expected a vector of 3 elements, got shape \[4\]/)
  })

  test('what does not fit is named', () => {
    expect(() => stackParams([of(1, 2, 3), { ...of(1, 2, 3), bias: zeros([2]) }])).toThrow(
      /item 1 .*differ\s+mismatching:\s+bias: expected float32 \[1\], got float32 \[2\]/,
    )
    expect(() => unstackParams({ a: zeros([2, 1]), b: zeros([3]) })).toThrow(
      /leading axis of 2 everywhere, "b" has shape \[3\]/,
    )
    expect(() => unstackParams({ a: zeros([]) })).toThrow(/"a" has shape \[\]/)
    expect(() => stackParams([])).toThrow(/at least one/)
  })
})

describe('lifetime', () => {
  test('count, bytes, zeros', () => {
    const params = { ...of(1, 2, 3), mask: zeros([5], { dtype: 'bool' }) }
    expect(countParams(params)).toBe(8)
    expect(bytesOfParams(params)).toBe(17)
    expect(numbers(zerosLikeParams(of(1, 2, 3)))).toEqual([0, 0, 0])
  })

  test('a clone outlives its source', () => {
    const params = of(1, 2, 3)
    const copy = cloneParams(params)
    disposeParams(params)
    disposeParams(params)
    expect(numbers(copy)).toEqual([1, 2, 3])
  })

  test('every function leaves its result alone alive', () => {
    const buffers = (): number => defaultBackend().memory().buffers
    const [x, y] = [of(1, 2, 3), of(4, 5, 6)]
    const stacked = stackParams([x, y])
    const flat = flattenParams(x)
    const functions: [() => unknown, number][] = [
      [() => addParams(x, y), 2],
      [() => subtractParams(x, y), 2],
      [() => scaleParams(x, 2), 2],
      [() => axpyParams(2, x, y), 2],
      [() => interpolateParams(x, y, 0.3), 2],
      [() => averageParams([x, y, x]), 2],
      [() => dotParams(x, y), 1],
      [() => normParams(x), 1],
      [() => mapParams(x, (value) => square(add(value, 1))), 2],
      [() => stackParams([x, y]), 2],
      [() => unstackParams(stacked), 4],
      [() => flattenParams(x), 1],
      [() => unflattenParams(flat, x), 2],
      [() => zerosLikeParams(x), 2],
    ]
    for (const [call, expected] of functions) {
      const before = buffers()
      const result = call()
      expect([call.toString(), buffers() - before]).toEqual([call.toString(), expected])
      dispose(result)
      expect(buffers()).toBe(before)
      scope(() => void call())
      expect(buffers()).toBe(before)
    }
  })
})

describe('states', () => {
  test('split undoes join', () => {
    const states: State[] = [
      { json: 1, tensors: { 'a.b': zeros([1]) } },
      { json: null, tensors: {} },
      { json: ['x'], tensors: { a: zeros([2]), 'b.c': zeros([3]) } },
    ]
    const joined = joinStates(states)
    expect(Object.keys(joined.tensors)).toEqual(['0.a.b', '2.a', '2.b.c'])
    expect(splitState(joined, 3, 'here')).toEqual(states)
    expect(() => splitState(joined, 2, 'here')).toThrow(/here: expected the state of 2 parts, got 3 parts/)
    expect(() => splitState({ json: [1], tensors: { '4.a': zeros([1]) } }, 1, 'here')).toThrow(
      /unexpected tensor "4.a"/,
    )
  })
})
