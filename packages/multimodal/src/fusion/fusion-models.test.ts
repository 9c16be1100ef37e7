import { createBackend, type Params, randomKey, scope, valueAndGrad } from '@lemanic/tensor-core'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  batchOf,
  binaryTask,
  createGatedFusion,
  createLateFusion,
  createMultiModN,
  createParallelFusion,
  type FusionModel,
  fusionLoss,
  multiClassTask,
  perceptronDecoder,
  perceptronEncoder,
  predictGrid,
} from '../index.js'
import { distance, exampleData, exampleModel, without } from '../test-support.js'

beforeAll(async () => void (await createBackend()))

const data = exampleData(6)
const all = [0, 1, 2, 3, 4, 5]
const encoders = {
  a: perceptronEncoder({ inputs: 3, hidden: [8] }),
  b: perceptronEncoder({ inputs: 4, hidden: [8] }),
  c: perceptronEncoder({ inputs: 2, hidden: [8] }),
}
const decoders = { sick: perceptronDecoder(binaryTask()), grade: perceptronDecoder(multiClassTask({ classes: 3 })) }
const inputShapes = { a: [3], b: [4], c: [2] }
const models: Record<string, FusionModel> = {
  sequential: exampleModel(),
  residual: exampleModel({ update: 'residual' }),
  learned: exampleModel({ order: 'learned' }),
  'parallel zero': createParallelFusion({ inputShapes, decoders }),
  'parallel mean': createParallelFusion({ inputShapes, decoders, fill: { mean: { b: [1, 2, 3, 4] } } }),
  'parallel mask-input': createParallelFusion({ inputShapes, decoders, fill: 'mask-input' }),
  'parallel mask-token': createParallelFusion({ inputShapes, decoders, fill: 'mask-token' }),
  'parallel encoders': createParallelFusion({ inputShapes, decoders, encoders, fill: 'mask-token' }),
  late: createLateFusion({ encoders, decoders }),
  'late mean': createLateFusion({ encoders, decoders, vote: 'mean' }),
  gated: createGatedFusion({ encoders, decoders }),
}
const final = (model: FusionModel, params: Params, given = data) =>
  scope(() =>
    Array.from(
      model
        .apply(params, batchOf(model, given, all))
        .rows.at(-1)!
        .outputs.sick.dataSync(),
    ),
  )

describe.each(Object.entries(models))('%s', (_, model) => {
  const params = () => model.init(randomKey(4))

  test('does not see what a missing sample holds, nor who else misses something', () => {
    const holes = without(data, [
      ['b', 2],
      ['a', 3],
    ])
    const [intact, missing] = [final(model, params()), final(model, params(), holes)]
    expect(missing.every(Number.isFinite)).toBe(true)
    for (const row of [0, 1, 4, 5]) expect(missing[row]).toBeCloseTo(intact[row], 5)
    expect(Math.abs(missing[2] - intact[2])).toBeGreaterThan(1e-4)
    const other = without(data, [['b', 2]])
    expect(final(model, params(), other)[2]).toBeCloseTo(missing[2], 5)
  })

  test('all missing gives one finite prediction for everybody, and finite gradients', () => {
    const nothing = without(
      data,
      all.flatMap((row) => ['a', 'b', 'c'].map((name) => [name, row] as const)),
    )
    const own = params()
    const said = final(model, own, nothing)
    expect(said.every(Number.isFinite)).toBe(true)
    expect(
      distance(
        said,
        said.map(() => said[0]),
      ),
    ).toBeLessThan(1e-6)
    const batch = batchOf(model, nothing, all)
    const { grads, loss } = valueAndGrad((p: Params) => fusionLoss(model)(model.apply(p, batch), batch))(own)
    expect(Number.isFinite(loss.item())).toBe(true)
    for (const gradient of Object.values(grads)) expect(gradient.dataSync().every(Number.isFinite)).toBe(true)
  })

  test('every parameter is used', () => {
    const holes = without(data, [
      ['a', 0],
      ['b', 1],
      ['c', 2],
    ])
    const batch = batchOf(model, holes, all)
    const { grads } = valueAndGrad((p: Params) => fusionLoss(model)(model.apply(p, batch), batch))(params())
    const idle = Object.entries(grads).filter(([, gradient]) => gradient.dataSync().every((value) => value === 0))
    expect(idle.map(([name]) => name)).toEqual([])
  })

  test('the grid has a row before any modality and one after each', async () => {
    const own = params()
    const holes = without(data, [['b', 2]])
    const grid = await predictGrid({ model, params: own, data: holes, batchSize: 4 })
    expect(grid.rows).toHaveLength(4)
    expect(distance(Array.from(grid.outputs[3].sick), final(model, own, holes))).toBeLessThan(1e-5)
    const taken = all.map((sample) => grid.taken.map((row) => row[sample]).filter((modality) => modality >= 0))
    taken.forEach((modalities, sample) => expect([...modalities].sort()).toEqual(sample === 2 ? [0, 2] : [0, 1, 2]))
  })
})

test('parallel fusion of everything is a perceptron on the joined features', () => {
  const model = models['parallel zero']
  const params = model.init(randomKey(4))
  const row = ['a', 'b', 'c'].flatMap((name) => {
    const { values, shape } = data.modalities[name]
    return Array.from(values.subarray(0, shape[0]))
  })
  const layer = (x: number[], name: string, isRectified: boolean) => {
    const [weight, bias] = [params[`${name}.weight`].dataSync(), params[`${name}.bias`].dataSync()]
    return Array.from(bias, (b, out) => {
      const z = x.reduce((sum, value, at) => sum + value * weight[out * x.length + at], b)
      return isRectified ? Math.max(0, z) : z
    })
  }
  const hidden = layer(layer(row, 'trunk.layers.0', true), 'trunk.layers.1', true)
  expect(layer(hidden, 'decoders.sick.layers.0', false)[0]).toBeCloseTo(final(model, params)[0], 4)
})

test('drop-out of modalities happens in training only, at its rate, and for whole batches where these skip', () => {
  const many = exampleData(4000)
  const rows = [...Array(4000).keys()]
  const context = { key: randomKey(8), training: true, step: 0 }
  const share = (model: FusionModel, name: number, training = true) =>
    scope(() => {
      const { rows: found } = model.apply(model.init(randomKey(1)), batchOf(model, many, rows), {
        ...context,
        training,
      })
      return Array.from(found[name].active.dataSync()).reduce((sum, value) => sum + value, 0) / 4000
    })
  const model = exampleModel({ modalityDropout: { b: 0.3 } })
  expect([share(model, 1), share(model, 3)]).toEqual([1, 1])
  expect(Math.abs(share(model, 2) - 0.7)).toBeLessThan(0.03)
  expect(share(model, 2, false)).toBe(1)
  expect([0, 1]).toContain(share(exampleModel({ modalityDropout: 0.5, skip: 'batch' }), 2))
  expect(() => exampleModel({ modalityDropout: 1 })).toThrow(/below 1, got 1/)
})

test('impossible options are refused with what was expected', () => {
  expect(() => createMultiModN({ encoders: {}, decoders })).toThrow(/encoders: expected at least one/)
  expect(() => createMultiModN({ encoders, decoders: {} })).toThrow(/decoders: expected at least one/)
  expect(() => createMultiModN({ encoders: { 'a.b': encoders.a }, decoders })).toThrow(/names without dots, got "a.b"/)
  expect(() => createParallelFusion({ inputShapes, decoders, fill: { mean: { bb: [1] } } })).toThrow(/did you mean "b"/)
  expect(() => createParallelFusion({ inputShapes, decoders, fill: { mean: { b: [1] } } })).toThrow(
    /expected 4 numbers, got 1/,
  )
})
