import { beforeAll, describe, expect, test } from 'vitest'
import { createCpuBackend } from '../backends/cpu/create-cpu-backend.js'
import { defaultBackend, setDefaultBackend } from '../default-backend.js'
import { singleProcess } from './collectives.js'
import { checkCollectives, checkCollectivesMismatch, type SharedCounter } from './collectives-contract.js'
import { combineInOrder } from './combine-in-order.js'
import { inProcessCollectives } from './in-process-collectives.js'
import { batchOf, collect, model, optionsOf } from './test-training.js'

beforeAll(() => {
  setDefaultBackend(createCpuBackend())
})

function counterInMemory(): SharedCounter {
  let count = 0
  return { add: () => void (count += 1), read: () => count }
}

test('combineInOrder adds as doubles, first to last, and rounds once', () => {
  const parts = [Float32Array.of(1e8, NaN, -0), Float32Array.of(3, 1, -0), Float32Array.of(-1e8, 1, -0)]
  expect(combineInOrder(parts, 'sum')).toEqual(Float32Array.of(3, NaN, -0))
  expect(combineInOrder(parts, 'mean')).toEqual(Float32Array.of(1, NaN, -0))
  expect(combineInOrder(parts, 'maximum')).toEqual(Float32Array.of(1e8, NaN, -0))
  expect(combineInOrder(parts, 'minimum', parts[2])).toBe(parts[2])
  expect(parts[2]).toEqual(Float32Array.of(-1e8, NaN, -0))
  expect(combineInOrder([], 'sum')).toHaveLength(0)
})

describe('inProcessCollectives', () => {
  test.each([1, 2, 3, 5])('hold the contract of collectives with %d ranks', async (worldSize) => {
    const counter = counterInMemory()
    await Promise.all(inProcessCollectives(worldSize).map((end) => checkCollectives(end, { counter })))
    for (const how of ['function', 'length'] as const)
      await Promise.all(inProcessCollectives(worldSize).map((end) => checkCollectivesMismatch(end, how)))
  })

  test('every rank gets the same result', async () => {
    const ranks = inProcessCollectives(3)
    const reduced = (operation: 'sum' | 'mean' | 'maximum' | 'minimum'): Promise<Float32Array[]> =>
      Promise.all(ranks.map((end) => end.allReduce(Float32Array.of(end.rank, 10 - end.rank), operation)))
    expect(await reduced('sum')).toEqual([0, 1, 2].map(() => Float32Array.of(3, 27)))
    expect(await reduced('mean')).toEqual([0, 1, 2].map(() => Float32Array.of(1, 9)))
    expect(await reduced('maximum')).toEqual([0, 1, 2].map(() => Float32Array.of(2, 10)))
    expect(await reduced('minimum')).toEqual([0, 1, 2].map(() => Float32Array.of(0, 8)))
    const gathered = await Promise.all(ranks.map((end) => end.allGather(new Uint8Array(end.rank).fill(end.rank))))
    expect(gathered).toEqual([0, 1, 2].map(() => [Uint8Array.of(), Uint8Array.of(1), Uint8Array.of(2, 2)]))
    expect(await Promise.all(ranks.map((end) => end.broadcast(Uint8Array.of(end.rank), 1)))).toEqual(
      [0, 1, 2].map(() => Uint8Array.of(1)),
    )
  })

  test('no rank passes a barrier before all have come, however far one is ahead', async () => {
    const [first, second] = inProcessCollectives(2)
    const passed: string[] = []
    const ahead = (async () => {
      for (let i = 0; i < 3; i += 1) {
        await first?.barrier()
        passed.push(`first ${i}`)
      }
    })()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(passed).toEqual([])
    for (let i = 0; i < 3; i += 1) await second?.barrier()
    await ahead
    expect(passed).toHaveLength(3)
  })

  test('ranks that call different things all hear of it', async () => {
    const [first, second] = inProcessCollectives(2)
    const outcomes = await Promise.allSettled([first?.barrier(), second?.allGather(new Uint8Array(1))])
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: {
          code: 'collective-mismatch',
          message: 'collective call 1: rank 1 calls allGather, another rank barrier',
        },
      })
    const [a, b] = inProcessCollectives(2)
    await expect(
      Promise.all([a?.allReduce(new Float32Array(2), 'sum'), b?.allReduce(new Float32Array(3), 'sum')]),
    ).rejects.toThrow(/rank 1 calls allReduce\(sum, 3 numbers\)/)
    expect(() => inProcessCollectives(0)).toThrow(/whole number ≥ 1/)
  })

  test('what was sent or received can be changed without harm', async () => {
    const [first, second] = inProcessCollectives(2)
    const sent = Uint8Array.of(1)
    const waiting = first?.allGather(sent)
    sent[0] = 9
    const received = await second?.allGather(Uint8Array.of(2))
    expect(await waiting).toEqual([Uint8Array.of(1), Uint8Array.of(2)])
    ;(received?.[0] as Uint8Array)[0] = 7
    expect(await waiting).toEqual([Uint8Array.of(1), Uint8Array.of(2)])
  })

  test('a process that trains alone', async () => {
    expect(await singleProcess.allReduce(Float32Array.of(1, 2), 'mean')).toEqual(Float32Array.of(1, 2))
    expect(await singleProcess.allGather(Uint8Array.of(3))).toEqual([Uint8Array.of(3)])
  })
})

describe('training over ranks', () => {
  test('two ranks of two workers equal four workers of one', async () => {
    const plain = {
      ...model,
      apply: (params: Parameters<typeof model.apply>[0], batch: Parameters<typeof model.apply>[1]) =>
        model.apply(params, batch),
    }
    const sampler = () => ({
      next: (step: number, { worker }: { worker: number }) => batchOf(Int32Array.of((4 * step + worker) % 24)),
      state: () => ({ json: null, tensors: {} }),
      restore: () => undefined,
    })
    const alone = await collect(optionsOf({ model: plain, sampler: sampler(), workers: 4 }))
    const before = defaultBackend().memory().buffers
    const ranks = await Promise.all(
      inProcessCollectives(2).map((collectives) =>
        collect(optionsOf({ model: plain, sampler: sampler(), workers: 2, collectives })),
      ),
    )
    expect(ranks[0]?.params).toEqual(ranks[1]?.params)
    alone.losses.forEach((loss, step) =>
      expect(((ranks[0]?.losses[step] as number) + (ranks[1]?.losses[step] as number)) / 2).toBeCloseTo(loss, 5),
    )
    expect(defaultBackend().memory().buffers).toBe(before)
  })
})
