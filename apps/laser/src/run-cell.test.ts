import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBackend, defaultBackend, dispose, randomKey, tensor } from '@lemanic/tensor-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { cells, type Cell } from './arms.js'
import { metrics } from './metrics.js'
import { makeProblem } from './problems/make-problem.js'
import { runCell } from './run-cell.js'
import { contextOf, fakeData, smokeOptions } from './testing/support.js'
import { trainCell } from './train-cell.js'

beforeAll(() => createBackend({ backend: 'native', threads: 1 }))

const data = fakeData(600, 250)
const trained = (cell: Cell, seed = 3) =>
  trainCell({
    cell,
    seed,
    learningRate: 0.03,
    data,
    options: smokeOptions,
    clock: () => 0,
    onStep: async () => undefined,
  })

describe('a run', () => {
  test.each(['linear-laser-1', 'mlp-random-3', 'mlp-zsgd-3-step', 'cnn-laser-1', 'gpt-zsgd-30', 'linear-adsgd-10'])(
    'of %s gives known, finite metrics, the same again, and others at another seed',
    async (arm) => {
      const small = contextOf({
        options: {
          ...smokeOptions,
          problems: { ...smokeOptions.problems, linear: { ...smokeOptions.problems.linear, fraction: 0.02 } },
        },
      })
      const first = await runCell(arm, 0, small)
      for (const [name, value] of Object.entries(first.metrics)) {
        expect(Object.keys(metrics)).toContain(name)
        expect(value, name).toSatisfy(Number.isFinite)
      }
      expect(await runCell(arm, 0, small)).toEqual(first)
      expect((await runCell(arm, 1, small)).metrics.loss).not.toBe(first.metrics.loss)
    },
  )

  test('leaves no tensor behind', async () => {
    await trained(cells['mlp-laser-3']!)
    const before = defaultBackend().memory().buffers
    for (const arm of ['mlp-laser-3', 'cnn-zsgd-1', 'gpt-laser-30']) await trained(cells[arm]!)
    expect(defaultBackend().memory().buffers).toBe(before)
  })

  test('that is stopped throws what stopped it', async () => {
    const stop = new Error('stop')
    await expect(runCell('linear-laser-1', 0, contextOf({ report: () => Promise.reject(stop) }))).rejects.toBe(stop)
  })

  test('that diverges counts as a guess', async () => {
    const result = await trainCell({
      cell: cells['mlp-zsgd-3']!,
      seed: 0,
      learningRate: 1e6,
      data,
      options: smokeOptions,
      clock: () => 0,
      onStep: async () => undefined,
    })
    expect(result.converged).toBe(false)
    expect(result.test).toEqual({ loss: Math.log(10), accuracy: 10 })
  })

  test('over a channel of infinite power is the noiseless run, bit by bit', async () => {
    const exact = await trained(cells['mlp-noiseless']!)
    const infinite = await trained({ ...cells['mlp-zsgd-3']!, power: Infinity })
    expect(infinite.test).toEqual(exact.test)
    expect(infinite.curve).toEqual(exact.curve)
  })

  test('keeps to its power, and a schedule to its mean', async () => {
    const constant = await trained(cells['mlp-laser-3']!)
    expect(constant.peakShare).toBeLessThanOrEqual(1 + 1e-5)
    for (const arm of ['mlp-laser-3-linear', 'mlp-laser-3-step'])
      expect((await trained(cells[arm]!)).energy).toBeCloseTo(constant.energy, 6)
  })

  test('tunes once, and keeps what it found', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'laser-tuning-'))
    try {
      const context = contextOf({ engine: { data, tuningFolder: folder } })
      let messages: string[] = []
      const report = async ({ message }: { message?: string }): Promise<void> => void messages.push(message ?? '')
      const first = await runCell('mlp-laser-3', 0, { ...context, report })
      expect(messages.some((message) => message.includes('tuning'))).toBe(true)
      expect(await readdir(folder)).toHaveLength(1)
      messages = []
      await runCell('mlp-laser-3', 1, { ...context, report })
      await runCell('mlp-laser-3-linear', 0, { ...context, report })
      expect(messages.some((message) => message.includes('tuning'))).toBe(false)
      expect(await runCell('mlp-laser-3', 0, context)).toEqual(first)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

test("all workers' gradients at once are those of one worker after another", () => {
  const { workers } = smokeOptions
  const many = makeProblem('mlp', data, smokeOptions, randomKey(5))
  const params = many.init(randomKey(6))
  const all = many.gradients(params, 2)
  const size = params['out.weight']!.size
  // The same shards with one worker's batches only: its gradient must be the first of all.
  const gradient = (name: string, worker: number): number[] => {
    const length = params[name]!.size
    return [...all.gradients[name]!.dataSync()].slice(worker * length, (worker + 1) * length).map(Number)
  }
  const mean = (name: string): number[] =>
    gradient(name, 0).map((_, i) =>
      Array.from({ length: workers }, (__, k) => gradient(name, k)[i]!).reduce((a, b) => a + b / workers, 0),
    )
  // Central differences of the mean loss along the mean gradient.
  expect(gradient('out.weight', 0)).toHaveLength(size)
  expect(gradient('out.weight', 0)).not.toEqual(gradient('out.weight', 1))
  const slope = mean('out.bias').reduce((sum, value) => sum + value * value, 0)
  const moved = (step: number): number => {
    const { backend, shape } = params['out.bias']!
    const values = Float32Array.from(
      mean('out.bias'),
      (value, i) => Number(params['out.bias']!.dataSync()[i]) + step * value,
    )
    const other = many.gradients({ ...params, 'out.bias': tensor(values, shape, { backend }) }, 2)
    dispose(other.gradients)
    return other.loss
  }
  expect((moved(0.01) - moved(-0.01)) / 0.02).toBeCloseTo(slope, 3)
  dispose([all.gradients, params])
  many.dispose()
})
