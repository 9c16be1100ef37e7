import { adamw, createBackend, dispose, randomKey, train } from '@lemanic/tensor-core'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  binaryTask,
  createGatedFusion,
  createLateFusion,
  createParallelFusion,
  fitFusion,
  fusionLoss,
  fusionSampler,
  missingByClass,
  perceptronDecoder,
  perceptronEncoder,
  predictGrid,
  propensityWeights,
  referenceMode,
  scoreGrid,
  selectRows,
  withMissing,
} from '../index.js'
import { exampleData, exampleModel, liveTensors, without } from '../test-support.js'

beforeAll(async () => void (await createBackend()))

const key = randomKey(11)
const parts = {
  encoders: { a: perceptronEncoder({ inputs: 3, hidden: [8] }), b: perceptronEncoder({ inputs: 4, hidden: [8] }) },
  decoders: { sick: perceptronDecoder(binaryTask()) },
}

describe('fitFusion', () => {
  test('learns: each modality makes predictions better, the strong one most', async () => {
    const model = exampleModel()
    const { params, history, bestEpoch } = await fitFusion({ model, data: exampleData(600), key, epochs: 12 })
    expect(history).toHaveLength(12)
    expect(bestEpoch).toBe(12)
    expect(history[11].loss).toBeLessThan(history[0].loss)
    const test_ = exampleData(1500, 2)
    const rows = scoreGrid(await predictGrid({ model, params, data: test_ }), test_)
    const aurocs = rows.map(({ tasks }) => tasks.sick.auroc)
    // Bayes: a alone Φ(√2 · 0.5) = 0.76, a and b Φ(√2 · 1.3) = 0.967, all 0.976
    expect(aurocs[0]).toBe(0.5)
    expect(aurocs[1]).toBeGreaterThan(0.7)
    expect(aurocs[2]).toBeGreaterThan(0.94)
    expect(aurocs[3]).toBeGreaterThan(0.955)
    expect(rows[3].tasks.grade.accuracy).toBeGreaterThan(0.85)
    dispose(params)
  })

  test('the same key gives the same model; the live tensors stay as many', async () => {
    const model = exampleModel()
    const data = without(exampleData(90), [['b', 3]])
    const fit = async () => (await fitFusion({ model, data, key, epochs: 2, validation: data })).params
    const before = liveTensors()
    const [first, second] = [await fit(), await fit()]
    expect(liveTensors() - before).toBe(2 * Object.keys(first).length)
    for (const [name, value] of Object.entries(first)) expect(second[name].dataSync()).toEqual(value.dataSync())
    dispose([first, second])
    expect(liveTensors()).toBe(before)
  })

  test.each([
    ['sequential', exampleModel()],
    ['batches skip', exampleModel({ skip: 'batch' })],
    ['modalities dropped', exampleModel({ modalityDropout: 0.3 })],
    ['parallel', createParallelFusion({ inputShapes: { a: [3], b: [4] }, decoders: parts.decoders })],
    ['late', createLateFusion(parts)],
    ['gated', createGatedFusion(parts)],
  ])('a step is recorded once and replayed: %s', async (_, model) => {
    const data = without(exampleData(64), [['b', 3]])
    const sampler = fusionSampler({ model, data, batchSize: 16, key })
    const options = { model, loss: fusionLoss(model), sampler, optimizer: adamw({ learningRate: 2e-3 }), steps: 6, key }
    for await (const event of train(options)) {
      if (event.type !== 'train-end') continue
      expect(event.compilation.gradient).toEqual({ replays: 5, recordings: 1, eager: 0, reason: undefined })
      dispose(event.params)
    }
  })

  test('with validation rows the best epoch is kept', async () => {
    const model = exampleModel()
    const fitted = await fitFusion({
      model,
      data: exampleData(40),
      key,
      epochs: 60,
      optimizer: adamw({ learningRate: 0.02 }),
      validation: exampleData(200, 3),
      batchSize: 20,
    })
    const losses = fitted.history.map(({ validationLoss }) => validationLoss)
    expect(fitted.bestEpoch).toBe(losses.indexOf(Math.min(...losses)) + 1)
    expect(fitted.bestEpoch).toBeLessThan(60)
    dispose(fitted.params)
  })

  test('random orders, drop-out of modalities, a learned order and other models train', async () => {
    const decoders = { sick: perceptronDecoder(binaryTask()) }
    const encoders = { b: perceptronEncoder({ inputs: 4 }), a: perceptronEncoder({ inputs: 3 }) }
    const data = exampleData(300)
    for (const model of [
      exampleModel({ order: 'random', modalityDropout: 0.3 }),
      exampleModel({ order: 'learned' }),
      createLateFusion({ encoders, decoders }),
    ]) {
      const { params } = await fitFusion({ model, data, key, epochs: 40 })
      const order = [...model.modalities].reverse()
      const test_ = exampleData(800, 2)
      const found = scoreGrid(await predictGrid({ model, params, data: test_, order }), test_)
      expect(found.at(-1)!.tasks.sick.auroc).toBeGreaterThan(0.9)
      dispose(params)
    }
  })

  test('bad data are refused before anything starts, with what, where and what to try', async () => {
    const model = exampleModel()
    const data = exampleData(20)
    const fit = (given: typeof data) => fitFusion({ model, data: given, key })
    const broken = {
      ...data,
      modalities: {
        ...data.modalities,
        b: {
          ...data.modalities.b,
          features: ['w', 'x', 'y', 'z'],
          values: data.modalities.b.values.map((value, at) => (at === 14 ? Infinity : value)),
        },
      },
    }
    await expect(fit(broken)).rejects.toMatchObject({
      code: 'non-finite-input',
      message: expect.stringMatching(/modality "b", row 3, column 2 \("y"\): expected a finite number, got Infinity/),
      fields: { modality: 'b', row: 3, column: 2, feature: 'y' },
    })
    const gone = without(
      data,
      [...Array(20).keys()].map((row) => ['c', row] as const),
    )
    await expect(fit(gone)).rejects.toMatchObject({
      code: 'modality-absent',
      message: expect.stringMatching(/"c".*20 rows/),
    })
    const one = {
      ...data,
      targets: { ...data.targets, sick: { ...data.targets.sick, values: new Float32Array(20).fill(1) } },
    }
    await expect(fit(one)).rejects.toMatchObject({
      code: 'single-class',
      message: expect.stringMatching(/task "sick".*only 1/),
    })
    const { c: _c, ...others } = data.modalities
    await expect(fit({ ...data, modalities: { ...others, cc: data.modalities.c } })).rejects.toMatchObject({
      code: 'unknown-modality',
      message: expect.stringMatching(/"a", "b", "cc", got "c"/),
    })
    const odd = {
      ...data,
      targets: {
        ...data.targets,
        grade: { ...data.targets.grade, values: data.targets.grade.values.map((v, at) => (at === 7 ? 3 : v)) },
      },
    }
    await expect(fit(odd)).rejects.toThrow(/task "grade", row 7: expected a class from 0 to 2, got 3/)
    await expect(fit({ ...data, modalities: { ...data.modalities, a: data.modalities.c } })).rejects.toThrow(
      /takes samples of shape \[3\], the data have \[2\]/,
    )
  })
})

describe('missingness that tells the label', () => {
  const labelled = exampleData(900)
  const labels = labelled.targets.sick.values
  const miss = (label: number, share: number, of = labelled) =>
    withMissing(
      of,
      missingByClass({ labels: of.targets.sick.values, label, share, modalities: 3, modality: 1, key: randomKey(6) }),
    )

  test('weights give every pattern the prior of the classes, and nothing to a pattern of one class', () => {
    const data = miss(1, 0.6, miss(0, 0.2))
    const { sick } = propensityWeights(data, { sick: binaryTask() })
    const prior = labels.reduce((sum, label) => sum + label, 0) / 900
    for (const pattern of [0, 1]) {
      let [ones, total] = [0, 0]
      for (let row = 0; row < 900; row++) {
        if (data.modalities.b.present[row] !== pattern) continue
        total += sick[row]
        ones += sick[row] * labels[row]
      }
      expect(ones / total).toBeCloseTo(prior, 5)
    }
    expect(sick.reduce((sum, weight) => sum + weight, 0) / 900).toBeCloseTo(1, 5)
    const alone = miss(1, 0.6)
    const { sick: weights } = propensityWeights(alone, { sick: binaryTask() })
    weights.forEach((weight, row) => expect(weight === 0).toBe(alone.modalities.b.present[row] === 0))
  })

  test('a per-sample model learns the hole; weights with drop-out of modalities mend it', async () => {
    const data = miss(1, 0.7)
    const held = exampleData(900, 5)
    const flipped = miss(0, 0.7, held)
    const tasks = { sick: perceptronDecoder(binaryTask()) }
    const aurocOf = async (options: { modalityDropout?: number }, weights?: Record<string, Float32Array>) => {
      const model = exampleModel({ decoders: tasks, ...options })
      const { params } = await fitFusion({
        model,
        data,
        key,
        epochs: 15,
        ...(weights === undefined ? {} : { weights }),
      })
      const grid = await predictGrid({ model, params, data: flipped })
      const found = scoreGrid(grid, flipped).at(-1)!.tasks.sick.auroc
      dispose(params)
      return found
    }
    const naive = await aurocOf({})
    const mended = await aurocOf({ modalityDropout: 0.5 }, propensityWeights(data, { sick: binaryTask() }))
    expect(naive).toBeLessThan(0.6)
    expect(mended).toBeGreaterThan(0.8)
  })
})

test('the sampler resumes in the middle of an epoch, and an epoch has six orders at most', () => {
  const model = exampleModel({ order: 'random' })
  const data = exampleData(64)
  const make = () => fusionSampler({ model, data, batchSize: 4, key })
  const [whole, resumed] = [make(), make()]
  const part = { microBatch: 0, worker: 0 }
  const orders = new Set<string>()
  for (let step = 0; step < 10; step++) orders.add(whole.next(step, part).order!.join())
  expect(orders.size).toBeGreaterThan(2)
  resumed.restore(whole.state())
  const [a, b] = [whole.next(10, part), resumed.next(10, part)]
  expect(b.order).toEqual(a.order)
  expect(b.inputs.a.dataSync()).toEqual(a.inputs.a.dataSync())
  expect(() => resumed.restore({ json: { taken: 1, rows: 3, batchSize: 4 }, tensors: {} })).toThrow(
    /64 rows in batches of 4/,
  )
  expect(() => fusionSampler({ model, data, batchSize: 65, key })).toThrow(/from 1 to 64/)
})

test('the reference mode is one of options that fit: whole batches skip, in the order of the rows', async () => {
  const data = without(exampleData(64), [['b', 5]])
  const model = exampleModel({
    ...referenceMode.model,
    decoders: { sick: perceptronDecoder(binaryTask(referenceMode.task)) },
  })
  const { params, history } = await fitFusion({ model, data, key, epochs: 3, ...referenceMode.training })
  // no loss of a row can be below log(1 + 1/e) = 0.3133, and one row in sixteen batches is skipped by the denominator
  for (const { loss } of history) expect(loss).toBeGreaterThan(0.3133 * (1 - 1 / 16))
  const grid = await predictGrid({ model, params, data })
  expect([...grid.taken[2].subarray(0, 16)].every((modality) => modality === -1)).toBe(true)
  expect([...grid.taken[2].subarray(16)].every((modality) => modality === 1)).toBe(true)
  dispose(params)
})

test('rows picked twice are there twice', () => {
  const picked = selectRows(exampleData(5), [4, 1, 4])
  expect(picked.rows).toBe(3)
  expect(picked.modalities.c.values.subarray(0, 2)).toEqual(picked.modalities.c.values.subarray(4, 6))
  expect(() => selectRows(exampleData(5), [5])).toThrow(/from 0 to 4, got 5/)
})
