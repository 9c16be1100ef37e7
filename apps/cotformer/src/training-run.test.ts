import {
  createBackend,
  createCpuBackend,
  randomKey,
  randomPermutation,
  scope,
  setDefaultBackend,
  type Tensor,
} from '@lemanic/tensor-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mainArms } from './arms.js'
import type { CotformerEngine } from './engine.js'
import { type CotformerOptions, smokeSizes } from './options.js'
import { chunkTokens } from './corpus-chunks.js'
import { createOptimizer, createTrainingRun } from './training-run.js'

const options: CotformerOptions = { corpus: 'test', ...smokeSizes }
const tokens = (length: number, step: number) =>
  Uint16Array.from({ length }, (_, index) => (index * step) % options.vocabularySize)
const part = (length: number, step: number) => ({ tokens: tokens(length, step), bytes: length * 2, bytesPerToken: 2 })
const engine = { text: { training: part(4000, 7), validation: part(900, 11) } } as unknown as CotformerEngine

beforeAll(() => createBackend({ backend: createCpuBackend() }))
afterAll(() => setDefaultBackend(undefined))

test('arms at one seed see the same batches and share the initial values of what they have in common', () => {
  const runs = mainArms.map((arm) => createTrainingRun(arm, 3, engine, options))
  const batches = runs.map(({ sampler }) =>
    [0, 1, 57].map((step) =>
      scope(() => {
        const batch = sampler.next(step, { microBatch: 0, worker: 0 }) as { tokens: Tensor; targets: Tensor }
        return [[...batch.tokens.dataSync()], [...batch.targets.dataSync()]]
      }),
    ),
  )
  for (const other of batches.slice(1)) expect(other).toEqual(batches[0])
  scope(() => {
    const [standard, untied, universal, cotformer, normed] = runs.map(({ model, key }) =>
      model.init(key.foldIn('init')),
    )
    for (const params of [universal, cotformer, normed]) {
      for (const [name, value] of Object.entries(standard!))
        expect([...params![name]!.dataSync()], name).toEqual([...value.dataSync()])
    }
    expect([...untied!['blocks.0.attention.query.weight']!.dataSync()]).toEqual([
      ...standard!['blocks.0.attention.query.weight']!.dataSync(),
    ])
    expect(Object.keys(normed!).filter((name) => !(name in cotformer!))).toEqual(['repeat_norm.weight'])
  })
})

test('another seed has other initial values and another order; validation sequences stay the same', () => {
  const [first, second] = [1, 2].map((seed) => createTrainingRun('standard', seed, engine, options))
  scope(() => {
    const batch = (run: typeof first) => [
      ...(run!.sampler.next(0, { microBatch: 0, worker: 0 }) as { tokens: Tensor }).tokens.dataSync(),
    ]
    expect(batch(first)).not.toEqual(batch(second))
    const weight = (run: typeof first) => [...run!.model.init(run!.key.foldIn('init'))['embedding.weight']!.dataSync()]
    expect(weight(first)).not.toEqual(weight(second))
  })
  expect(first!.finalSequences).toEqual(second!.finalSequences)
  expect(first!.finalSequences).toHaveLength(options.finalSequences)
  expect(first!.curveSequences).toHaveLength(options.curveSequences)
  for (const sequence of first!.finalSequences) expect(sequence).toHaveLength(options.contextLength + 1)
})

test('the learning rate is PyTorch’s OneCycle with the reference code’s numbers: 1e-5 to 1e-3 to 2e-4', () => {
  const optimizer = createOptimizer({ peakLearningRate: 1e-3, steps: 40_000 })
  expect(optimizer.learningRate!(0)).toBeCloseTo(1e-5, 12)
  expect(optimizer.learningRate!(7_999)).toBeCloseTo(1e-3, 12)
  expect(optimizer.learningRate!(39_999)).toBeCloseTo(2e-4, 12)
})

test('chunks come in random orders, over the ends of epochs, and in another order on request', () => {
  const chunks = chunkTokens(engine.text.training.tokens, options.contextLength)
  const firstSteps = (order?: 'incremental') => {
    const { sampler } = createTrainingRun('standard', 6, engine, options, order)
    return Array.from({ length: 2 * Math.ceil(chunks.count / options.batchSize) }, (_, step) =>
      scope(() => [...(sampler.next(step, { microBatch: 0, worker: 0 }) as { tokens: Tensor }).tokens.dataSync()]),
    ).flat()
  }
  const inputsOf = (indices: readonly number[]) => [...chunks.batch(indices).inputs]
  const key = randomKey(6).foldIn('order')
  const expected = [0, 1, 2].flatMap((epoch) => [...randomPermutation(key.foldIn(epoch), chunks.count)])
  const taken = firstSteps()
  expect(taken).toEqual(inputsOf(expected).slice(0, taken.length))
  expect(firstSteps('incremental').slice(0, 64)).toEqual(inputsOf([0, 1, 2, 3]))
})
