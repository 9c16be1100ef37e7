import { predictGrid, selectRows, splitRows } from '@lemanic/multimodal'
import { createBackend, randomKey } from '@lemanic/tensor-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { fitFamily, labelsOf } from './data/family.js'
import { methodOf, type MethodName, methods } from './methods.js'
import { explorerFigures } from './report/explorer-figures.js'
import { arrivals, runExplorer, shownRows } from './run-explorer.js'
import { mnarMetric, runSyntheticMnar } from './run-mnar.js'
import { foldOf, runReal } from './run-real.js'
import { runSynthetic, syntheticParts } from './run-synthetic.js'
import { trainMethod } from './train-method.js'
import { contextOf, fakeWind } from './testing/support.js'

beforeAll(async () => void (await createBackend()))

const wind = fakeWind(200)
const context = contextOf({ families: { wind } }, { epochs: 4 })

describe('runs', () => {
  test('every method makes a model of its kind for the same parts', () => {
    const { tasks } = fitFamily(wind, [0, 1, 2, 3, 4, 5, 6, 7])
    const parts = { ...syntheticParts({ a: 3, b: 2 }), tasks: { dublin: tasks['dublin']! } }
    for (const name of Object.keys(methods) as MethodName[]) {
      const model = methodOf(name).model(parts)
      expect(model.modalities).toEqual(['a', 'b'])
      expect(model.skip).toBe(name === 'batch' || name === 'reference' ? 'batch' : 'sample')
    }
  })

  test('a real run gives the same numbers again, other ones for another fold, and no mean of tasks that are not there', async () => {
    const [first, again, other] = [
      await runReal('sequential', true, 0, context),
      await runReal('sequential', true, 0, context),
      await runReal('sequential', true, 1, context),
    ]
    expect(again).toEqual(first)
    expect(other.metrics['auroc dublin']).not.toBe(first.metrics['auroc dublin'])
    expect(first.metrics['auroc mean']).toBeUndefined()
    expect(first.samples!['rows dublin']).toHaveLength(6)
    expect(first.samples!['rows dublin']![0]).toBe(0.5)
    expect(first.samples!['rows dublin']!.at(-1)).toBe(first.metrics['auroc dublin'])
  })

  test('the folds of five seeds hold every row out once', () => {
    const times = new Uint8Array(200)
    for (let seed = 0; seed < 5; seed++) for (const row of foldOf(wind, seed).test) times[row]! += 1
    expect([...times].every((value) => value === 1)).toBe(true)
    expect([...foldOf(wind, 5).test]).not.toEqual([...foldOf(wind, 0).test])
  })

  test('where nothing is taken, all tests are one; with the label in the hole, the same hole helps', async () => {
    const { metrics } = await runSyntheticMnar(
      'sequential',
      'middle',
      0,
      contextOf({}, { synthetic: { training: 320, test: 600, epochs: 8 } }),
    )
    expect(metrics[mnarMetric('same', 0)]).toBe(metrics[mnarMetric('intact', 0)])
    expect(metrics[mnarMetric('flipped', 0)]).toBe(metrics[mnarMetric('intact', 0)])
    expect(metrics[mnarMetric('same', 0.9)]).toBeGreaterThan(metrics[mnarMetric('flipped', 0.9)]! + 0.2)
    for (const [name, value] of Object.entries(metrics)) expect([name, value >= 0 && value <= 1]).toEqual([name, true])
  })

  test('a synthetic run measures the first task whatever else is predicted', async () => {
    for (const arm of ['synthetic-single', 'synthetic-multi', 'synthetic-parallel', 'synthetic-noise'] as const) {
      const { metrics, samples } = await runSynthetic(arm, 0, contextOf({}))
      expect(metrics['auroc synthetic']).toBe(samples!['rows synthetic']!.at(-1))
    }
  })
})

describe('the page for people', () => {
  test('arrivals are all ordered selections', () => {
    expect(arrivals([0, 2])).toEqual(['', '0', '2', '02', '20'])
    expect(arrivals([0, 1, 2, 3, 4])).toHaveLength(1 + 5 + 20 + 60 + 120 + 120)
  })

  test('samples of both outcomes are shown, held out and labelled', () => {
    const { data } = fitFamily(wind, [0, 1, 2, 3, 4, 5, 6, 7, 8])
    const rows = shownRows(data, 'malin-head', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 4)
    expect(rows).toHaveLength(4)
    expect(rows.map((row) => data.targets['malin-head']!.values[row])).toEqual([1, 0, 1, 0])
    expect(rows).not.toContain(7)
  })

  test('every number on the page is what the model says of that sample in that order', async () => {
    const run = await runExplorer(0, context)
    const [figure] = explorerFigures([{ ...run, metrics: {}, arm: 'explorer', seed: 0, seconds: 0 }], [wind])
    expect(figure!.samples.length).toBe(3)
    const names = wind.order
    for (const sample of figure!.samples) {
      const there = sample.given.map(({ modality }) => modality)
      expect(Object.keys(sample.predictions).sort()).toEqual(arrivals(there).sort())
      const whole = sample.predictions[there.join('')]!
      expect(whole.every((p) => p > 0 && p < 1)).toBe(true)
      expect(sample.predictions['']).toEqual(figure!.samples[0]!.predictions[''])
    }
    // west is missing in every third row
    const rows = run.samples!['rows wind']!
    figure!.samples.forEach(({ given }, at) =>
      expect(given.some(({ modality }) => names[modality] === 'west')).toBe(rows[at]! % 3 !== 0),
    )
    // the same model, made again, predicts the same through the grid
    const { kept, params, model } = await explorerModel()
    const data = fitFamily(wind, kept).data
    for (const [at, row] of rows.entries()) {
      for (const order of [
        ['season', 'west', 'south', 'east', 'north'],
        ['north', 'east', 'season'],
      ]) {
        const grid = await predictGrid({ model, params, data, order })
        const there = order.filter((name) => data.modalities[name]!.present[row] === 1)
        const key = there.map((name) => names.indexOf(name)).join('')
        const p = 1 / (1 + Math.exp(-grid.outputs.at(-1)!['dublin']![row]!))
        expect(figure!.samples[at]!.predictions[key]![0]).toBeCloseTo(p, 3)
      }
    }
  })
})

/** What `runExplorer` trains for seed 0. */
async function explorerModel() {
  const key = randomKey(59).foldIn('wind').foldIn(0)
  const { kept, split } = splitRows(labelsOf(wind), foldOf(wind, 0).training, {
    share: 1 / 6,
    key: key.foldIn('validation'),
  })
  const fitted = fitFamily(wind, kept)
  const { model, params } = await trainMethod(
    methodOf('random-order'),
    { shapes: {}, encoders: fitted.encoders, tasks: fitted.tasks },
    {
      data: selectRows(fitted.data, kept),
      validation: selectRows(fitted.data, split),
      epochs: 4,
      key,
      signal: new AbortController().signal,
      onEpoch: () => Promise.resolve(),
    },
  )
  return { kept, model, params }
}
