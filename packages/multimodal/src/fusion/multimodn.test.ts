import { createBackend, disposeParams, type Params, randomKey, scope, valueAndGrad } from '@lemanic/tensor-core'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  batchOf,
  createMultiModN,
  estimatesOf,
  freezeModel,
  fusionLoss,
  type MultimodalData,
  perceptronDecoder,
  perceptronEncoder,
  binaryTask,
  predictGrid,
  type SequentialModel,
  streamPredictions,
} from '../index.js'
import { distance, exampleData, exampleModel, liveTensors, without } from '../test-support.js'

beforeAll(async () => void (await createBackend()))

const data = exampleData(6)
const init = (model: SequentialModel): Params => model.init(randomKey(5))
const outputsOf = (
  model: SequentialModel,
  params: Params,
  given: MultimodalData,
  rows = [...Array(given.rows).keys()],
) =>
  scope(() =>
    model.apply(params, batchOf(model, given, rows)).rows.map(({ outputs }) => Array.from(outputs.sick.dataSync())),
  )

describe('what the algorithm says', () => {
  test('with everything missing every row predicts what is predicted before any modality', () => {
    const model = exampleModel()
    const params = init(model)
    const cells = ['a', 'b', 'c'].flatMap((name) => [0, 1, 2, 3, 4, 5].map((row) => [name, row] as const))
    const rows = outputsOf(model, params, without(data, cells))
    expect(rows).toHaveLength(4)
    for (const row of rows) expect(row).toEqual(rows[0])
    expect(new Set(rows[0]).size).toBe(1)
  })

  test('a sample skips for itself; in the reference mode its batch skips with it', () => {
    const holes = without(data, [['b', 2]])
    const perSample = exampleModel()
    const params = init(perSample)
    const intact = outputsOf(perSample, params, data)
    const skipped = outputsOf(perSample, params, holes)
    for (const other of [0, 1, 3, 4, 5])
      for (const row of [0, 1, 2, 3]) expect(skipped[row][other]).toBe(intact[row][other])
    expect(skipped[2][2]).toBe(skipped[1][2])
    expect(skipped[3][2]).not.toBe(intact[3][2])

    const reference = exampleModel({ skip: 'batch' })
    const batchwise = outputsOf(reference, params, holes)
    expect(batchwise[2]).toEqual(batchwise[1])
    expect(batchwise[3][0]).not.toBe(intact[3][0])
    expect(outputsOf(reference, params, data)).toEqual(intact)
  })

  test('the encoder of an absent modality, and what a missing sample holds, get no gradient', () => {
    const model = exampleModel()
    const params = init(model)
    const holes = without(
      data,
      [0, 1, 2, 3, 4, 5].map((row) => ['c', row] as const),
    )
    const { loss, grads } = scope(() => {
      const batch = batchOf(model, holes, [0, 1, 2, 3, 4, 5])
      return valueAndGrad((own: Params) => fusionLoss(model)(model.apply(own, batch), batch))(params)
    })
    expect(Number.isFinite(loss.item())).toBe(true)
    for (const [name, gradient] of Object.entries(grads)) {
      const values = Array.from(gradient.dataSync())
      if (name.startsWith('encoders.c.')) expect(values.every((value) => value === 0)).toBe(true)
      else expect([name, values.some((value) => value !== 0)]).toEqual([name, true])
      expect(values.every(Number.isFinite)).toBe(true)
    }
  })

  test('another order at inference changes the rows from the first difference on, and no other', async () => {
    const model = exampleModel()
    const params = init(model)
    const first = await predictGrid({ model, params, data })
    const second = await predictGrid({ model, params, data, order: ['a', 'c', 'b'] })
    expect(second.outputs[1].sick).toEqual(first.outputs[1].sick)
    expect(second.outputs[2].sick).not.toEqual(first.outputs[2].sick)
    const some = await predictGrid({ model, params, data, order: ['a'] })
    expect(some.rows).toEqual([null, 'a'])
    expect(some.outputs[1].sick).toEqual(first.outputs[1].sick)
  })

  test('streaming gives what the batch gives, moment by moment', async () => {
    const model = exampleModel({ update: 'residual' })
    const params = init(model)
    const grid = await predictGrid({ model, params, data, order: ['c', 'a', 'b'] })
    const before = liveTensors()
    const stream = streamPredictions(model, params)
    const said = [stream.predict()]
    for (const name of ['c', 'a', 'b']) {
      const width = data.modalities[name].shape[0]
      said.push(stream.add(name, data.modalities[name].values.subarray(2 * width, 3 * width)))
    }
    expect(stream.missing).toEqual([])
    said.forEach(({ sick, grade }, row) => {
      expect(sick.scores[0]).toBeCloseTo(estimatesOf(grid, 'sick', row)[2].scores[0], 5)
      expect(distance(grade.values, estimatesOf(grid, 'grade', row)[2].values)).toBeLessThan(1e-5)
      expect(grade.uncertainty).toBeCloseTo(-grade.values.reduce((sum, p) => sum + p * Math.log(p), 0), 6)
    })
    expect(() => stream.add('a', [1, 2, 3])).toThrow(/"a" has come already/)
    expect(() => streamPredictions(model, params).add('d', [1])).toThrow(/"a", "b", "c", got "d"/)
    expect(() => streamPredictions(model, params).add('a', [1, NaN, 3])).toThrow(/column 1: expected a finite number/)
    stream.dispose()
    expect(liveTensors()).toBeLessThanOrEqual(before + 4) // the two streams that threw
  })

  test('the spread over drop-out is 0 without drop-out and before any encoder, and above 0 with it', () => {
    const make = (dropout: number) => {
      const model = createMultiModN({
        stateSize: 8,
        encoders: { a: perceptronEncoder({ inputs: 3, hidden: [8], dropout }) },
        decoders: { sick: perceptronDecoder(binaryTask()) },
      })
      const stream = streamPredictions(model, model.init(randomKey(2)), { samples: 20, key: randomKey(3) })
      return [stream.predict(), stream.add('a', [1, -1, 2])].map(({ sick }) => sick.spread[0])
    }
    for (const spread of make(0)) expect(spread).toBeCloseTo(0, 9)
    const [before, after] = make(0.4)
    expect(before).toBeCloseTo(0, 9)
    expect(after).toBeGreaterThan(0.01)
  })

  test('given states start where another model stopped', () => {
    const first = exampleModel()
    const params = init(first)
    const stream = streamPredictions(first, params)
    const [a, c] = [data.modalities.a.values.subarray(0, 3), data.modalities.c.values.subarray(0, 2)]
    stream.add('a', a)
    const second = exampleModel({ initialState: [...stream.state()] })
    const rest = streamPredictions(second, params)
    expect(rest.add('c', c).sick.scores[0]).toBeCloseTo(stream.add('c', c).sick.scores[0], 5)
    expect(() => exampleModel({ initialState: [1] })).toThrow(/expected 8 numbers, got 1/)
  })

  test('a new modality joins a trained model whose own parameters stay', () => {
    const old = createMultiModN({
      stateSize: 8,
      encoders: { a: perceptronEncoder({ inputs: 3, hidden: [8] }) },
      decoders: { sick: perceptronDecoder(binaryTask()) },
    })
    const trained = old.init(randomKey(1))
    const larger = createMultiModN({
      stateSize: 8,
      encoders: { a: perceptronEncoder({ inputs: 3, hidden: [8] }), b: perceptronEncoder({ inputs: 4, hidden: [8] }) },
      decoders: { sick: perceptronDecoder(binaryTask()) },
    })
    const params = { ...larger.init(randomKey(2)), ...trained }
    const frozen = freezeModel(larger, params, Object.keys(trained))
    expect(Object.keys(frozen.init(randomKey(3))).every((name) => name.startsWith('encoders.b.'))).toBe(true)
    const batch = batchOf(larger, data, [0, 1])
    const free = frozen.init(randomKey(3))
    expect(Array.from(frozen.apply(free, batch).rows[1].outputs.sick.dataSync())).toEqual(
      Array.from(old.apply(trained, batchOf(old, data, [0, 1])).rows[1].outputs.sick.dataSync()),
    )
    expect(() => freezeModel(larger, params, 'encoders.z')).toThrow(/finds parameters, it found none/)
    disposeParams(free)
  })
})

describe('learned order', () => {
  const model = exampleModel({ order: 'learned' })

  test('each sample takes each modality that it has once, and never one that it lacks', () => {
    const params = init(model)
    const holes = without(data, [
      ['b', 2],
      ['a', 4],
      ['b', 4],
      ['c', 4],
    ])
    const { rows } = scope(() =>
      model.apply(params, batchOf(model, holes, [0, 1, 2, 3, 4, 5]), { key: randomKey(1), training: true, step: 0 }),
    )
    const total = Array.from({ length: 6 }, () => [0, 0, 0])
    for (const { chosen } of rows)
      chosen?.dataSync().forEach((value, at) => (total[Math.floor(at / 3)][at % 3] += value))
    expect(total).toEqual([
      [1, 1, 1],
      [1, 1, 1],
      [1, 0, 1],
      [1, 1, 1],
      [0, 0, 0],
      [1, 1, 1],
    ])
    expect(Array.from(rows[3].active.dataSync())).toEqual([1, 1, 0, 1, 0, 1])
  })

  test('the gate has a gradient, and a sample without anything keeps its first prediction', () => {
    const params = init(model)
    const holes = without(data, [
      ['a', 4],
      ['b', 4],
      ['c', 4],
    ])
    const batch = batchOf(model, holes, [0, 1, 2, 3, 4, 5])
    const { grads } = valueAndGrad((own: Params) => fusionLoss(model)(model.apply(own, batch), batch))(params)
    expect(grads['order.weight'].dataSync().some((value) => value !== 0)).toBe(true)
    for (const gradient of Object.values(grads)) expect(gradient.dataSync().every(Number.isFinite)).toBe(true)
    const rows = outputsOf(model, params, holes)
    for (const row of rows) expect(row[4]).toBe(rows[0][4])
  })

  test('whoever asks for an order gets it', async () => {
    const params = init(model)
    const grid = await predictGrid({ model, params, data })
    expect(grid.rows).toEqual([null, '1st', '2nd', '3rd'])
    const given = await predictGrid({ model, params, data, order: ['b', 'a'] })
    expect(given.rows).toEqual([null, 'b', 'a'])
    expect(() => exampleModel({ order: 'learned', skip: 'batch' })).toThrow(/has no meaning/)
  })
})
