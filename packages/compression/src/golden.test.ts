import {
  createNativeBackend,
  emptyState,
  randomKey,
  singleProcess,
  tensor,
  type Params,
  type Reduction,
  type State,
} from '@lemanic/tensor-core'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  approximateMessagePassing,
  compressedReducer,
  errorFeedback,
  gaussianChannel,
  identity,
  laser,
  powerSgd,
  startAfter,
  type PowerAllocation,
} from './index.js'

/** Written by tools/parity/compression.py. */
interface Golden {
  readonly powersgd: {
    readonly rank: number
    readonly startAfter: number
    readonly factors: readonly { readonly shape: readonly number[]; readonly values: readonly number[] }[]
    readonly gradients: readonly (readonly Record<string, number[]>[])[]
    readonly received: readonly Record<string, number[]>[]
  }
  readonly laser: {
    readonly rows: number
    readonly columns: number
    readonly rank: number
    readonly workers: number
    readonly start: { readonly left: number[]; readonly right: number[] }
    readonly gradients: readonly number[][]
    readonly received: readonly number[][]
    readonly memories: readonly number[][]
  }
  readonly channel: {
    readonly power: number
    readonly sizes: readonly number[]
    readonly payloads: readonly number[][]
    readonly reports: Record<string, Record<string, number>>
  }
  readonly amp: {
    readonly s: number
    readonly d: number
    readonly iterations: number
    readonly threshold: number
    readonly a: number[]
    readonly x: number[]
    readonly y: number[]
    readonly estimate: number[]
  }
}
const golden = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/compression.json'), 'utf8')) as Golden
const backend = createNativeBackend({ threads: 1 })
const of = (values: readonly number[], shape: readonly number[]) =>
  tensor(Float32Array.from(values), shape, { backend })

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance = 2e-5): void {
  expect(actual.length).toBe(expected.length)
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - actual[i]) / Math.max(1, Math.abs(value))))
  expect(worst).toBeLessThan(tolerance)
}

test("PowerSGD equals PyTorch's hook of two processes: error feedback, warm start, delayed start", async () => {
  const { rank, startAfter: delay, factors, gradients, received } = golden.powersgd
  const shapes: Record<string, readonly number[]> = { first: [12, 10], second: [12, 10], third: [9, 16], bias: [7] }
  const reducer = compressedReducer({
    compressor: startAfter(delay, errorFeedback(powerSgd({ rank, minimumRate: 0.5 }), { target: 'aggregate' })),
  })
  const zeros = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      of(new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(0), shape),
    ]),
  )
  let state = reducer.init?.(zeros, 2) as State
  // The hook draws its factors in the order of its bucket: the last tensor first.
  const [, third, second, first] = factors
  state = {
    json: state.json,
    tensors: {
      ...state.tensors,
      '1.right.12x10': of([...first.values, ...second.values], [2, 10, rank]),
      '1.right.9x16': of(third.values, [1, 16, rank]),
    },
  }
  for (const [step, workers] of gradients.entries()) {
    const local = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        of(
          workers.flatMap((g) => g[name]),
          [2, ...shape],
        ),
      ]),
    )
    const result: Reduction = await reducer.reduce(local, {
      collectives: singleProcess,
      state,
      key: randomKey(step),
      step,
    })
    for (const name of Object.keys(shapes)) expectClose(result.reduced[name].dataSync(), received[step][name], 1e-4)
    state = result.state
  }
})

test('half-step LASER with error feedback equals numpy', async () => {
  const { rows, columns, rank, workers, start, gradients, received, memories } = golden.laser
  const reducer = compressedReducer({
    compressor: errorFeedback(laser({ rank, minimumRate: 0 })),
    channel: gaussianChannel({ power: Infinity }),
  })
  const initial = reducer.init?.({ weight: of(new Array<number>(rows * columns).fill(0), [rows, columns]) }, workers)
  let state: State = {
    json: initial!.json,
    tensors: {
      ...initial!.tensors,
      '1.left.9x7': of(start.left, [1, rows, rank]),
      '1.right.9x7': of(start.right, [1, columns, rank]),
    },
  }
  for (const [step, values] of gradients.entries()) {
    const local = { weight: of(values, [workers, rows, columns]) }
    const result = await reducer.reduce(local, { collectives: singleProcess, state, key: randomKey(step), step })
    expectClose(result.reduced.weight.dataSync(), received[step])
    expectClose(result.state.tensors['0.memory.weight'].dataSync(), memories[step])
    state = result.state
  }
})

test.each(Object.keys(golden.channel.reports))('powers and noise of the allocation "%s" equal numpy', async (name) => {
  const { power, sizes, payloads, reports } = golden.channel
  const reducer = compressedReducer({
    compressor: identity(),
    channel: gaussianChannel({ power, allocation: name as PowerAllocation }),
  })
  const local: Params = Object.fromEntries(payloads.map((values, j) => [`t${j}`, of(values, [3, sizes[j]])]))
  const { telemetry } = await reducer.reduce(local, {
    collectives: singleProcess,
    state: emptyState,
    key: randomKey(1),
    step: 0,
  })
  for (const [key, value] of Object.entries(reports[name])) expect(Number(telemetry?.[key]) / value).toBeCloseTo(1, 5)
})

test('approximate message passing equals numpy and finds a sparse vector', () => {
  const { s, d, a, x, y, estimate, iterations, threshold } = golden.amp
  const found = approximateMessagePassing(of(y, [s]), of(a, [s, d]), { iterations, threshold }).dataSync()
  expectClose(found as Float32Array, estimate, 1e-4)
  const norm = (values: readonly number[]): number => Math.hypot(...values)
  expect(norm(x.map((value, i) => value - Number(found[i]))) / norm(x)).toBeLessThan(0.05)
})
