import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBackend } from '@lemanic/tensor-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ArmName } from './arms.js'
import type { CotformerEngine } from './engine.js'
import { type CotformerOptions, smokeSizes } from './options.js'
import { probeArm } from './probe-arm.js'
import { type CotformerContext, runArm } from './run-arm.js'

const folder = mkdtempSync(join(tmpdir(), 'run-arm-'))
const options: CotformerOptions = { corpus: 'test', ...smokeSizes, vocabularySize: 40 }

// Text with something to learn: runs of ids that count up, of a length that varies.
function counting(length: number, start: number): Uint16Array {
  let value = start
  return Uint16Array.from({ length }, (_, index) => {
    value = index % 13 === (index >> 4) % 13 ? (index * 7 + start) % 40 : (value + 1) % 40
    return value
  })
}
const engine = {
  text: {
    tokenizer: { decode: ([id]: number[]) => `${id}` },
    training: { tokens: counting(4000, 3), bytes: 8000, bytesPerToken: 2 },
    validation: { tokens: counting(900, 17), bytes: 1800, bytesPerToken: 2 },
  },
} as unknown as CotformerEngine

beforeAll(() => createBackend())
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let next = 0
function contextOf(overrides: Partial<CotformerContext> = {}): CotformerContext {
  const checkpointDirectory = join(folder, String(next++))
  mkdirSync(checkpointDirectory)
  return {
    preset: 'smoke',
    options,
    engine,
    threads: 1,
    checkpointDirectory,
    signal: new AbortController().signal,
    clock: () => performance.now(),
    report: async () => undefined,
    ...overrides,
  }
}

test('a run returns its metrics, curves and losses of every sequence', async () => {
  const { metrics, curves, samples } = await runArm('cotformer', 0, contextOf())
  expect(metrics.perplexity).toBeCloseTo(Math.exp(metrics.loss), 9)
  expect(metrics.bitsPerByte).toBeCloseTo(metrics.loss / Math.LN2 / 2, 9)
  expect(metrics.loss).toBeLessThan(Math.log(40))
  expect(curves!.perplexityByStep!.x).toEqual([0, 4, 8, 12])
  expect(curves!.perplexityByCompute!.x).toHaveLength(3)
  expect(curves!.trainingLoss!.x).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  expect(samples!.sequenceLoss).toHaveLength(16)
  expect(samples!.sequenceLoss!.reduce((sum, value) => sum + value, 0) / 16).toBeCloseTo(metrics.loss, 9)
})

test('the same arm and seed give the same numbers, another seed others', async () => {
  const first = await runArm('ln-cotformer', 1, contextOf())
  expect(await runArm('ln-cotformer', 1, contextOf())).toEqual(first)
  expect((await runArm('ln-cotformer', 2, contextOf())).metrics.loss).not.toBe(first.metrics.loss)
})

test('with one repeat, Block Universal, CoTFormer and the standard model are one model', async () => {
  const single = { ...options, repeats: 1 }
  const [standard, universal, cotformer] = await Promise.all(
    (['standard', 'block-universal', 'cotformer'] as ArmName[]).map((arm) =>
      runArm(arm, 0, contextOf({ options: single })),
    ),
  )
  expect(universal).toEqual(standard)
  expect(cotformer).toEqual(standard)
})

test.each([1, 4, 5, 9, 11, 12])(
  'a run stopped after step %d and started again ends with the numbers of one that was not',
  async (stopAfter) => {
    const whole = await runArm('cotformer', 5, contextOf())
    const abort = new AbortController()
    let steps = 0
    const stopped = contextOf({
      signal: abort.signal,
      report: async () => {
        if (++steps === stopAfter) abort.abort()
      },
    })
    await expect(runArm('cotformer', 5, stopped)).rejects.toThrow(/aborted/)
    expect(readdirSync(stopped.checkpointDirectory).length).toBeGreaterThan(1)
    let continued = 0
    const resumed = { ...stopped, signal: new AbortController().signal, report: async () => void continued++ }
    expect(await runArm('cotformer', 5, resumed)).toEqual(whole)
    expect(continued).toBe(12 - stopAfter)
  },
)

test('an adaptive run measures budgets: none of it is a fixed repeat, all of it the full model', async () => {
  const { metrics, curves } = await runArm('adaptive-embedding', 0, contextOf())
  const { router, prefix } = curves!
  expect(router!.x[0]).toBe(prefix!.x[0])
  expect(router!.x.at(-1)).toBe(prefix!.x.at(-1))
  expect(router!.y[0]).toBe(prefix!.y[0])
  expect(prefix!.y.at(-1)).toBeCloseTo(metrics.loss, 9)
  expect(router!.x).toEqual(router!.x.toSorted((a, b) => a - b))
  expect(metrics['budget0.6']).toBe(router!.y[3])
  expect(Math.abs(metrics.thresholdDepth)).toBeLessThan(0.7)
  const traces = Object.keys(curves!).filter((name) => name.startsWith('trace '))
  expect(traces).toHaveLength(options.contextLength)
})

test('a p-hop run measures accuracy for each number of hops', async () => {
  const { metrics, curves } = await runArm('hop-cotformer', 0, contextOf())
  expect(curves!.hopAccuracy!.x).toEqual([1, 2])
  expect(metrics.accuracy).toBeCloseTo((metrics.accuracy1 + metrics.accuracy2) / 2, 9)
  expect(metrics).not.toHaveProperty('perplexity')
})

test.each(['adaptive', 'ponder-net', 'hop-block-universal'] as const)(
  '%s, stopped and started again, ends the same',
  async (arm) => {
    const whole = await runArm(arm, 5, contextOf())
    const abort = new AbortController()
    let steps = 0
    const report = async () => {
      if (++steps === 5) abort.abort()
    }
    const stopped = contextOf({ signal: abort.signal, report })
    await expect(runArm(arm, 5, stopped)).rejects.toThrow(/aborted/)
    const resumed = { ...stopped, signal: new AbortController().signal, report: async () => undefined }
    expect(await runArm(arm, 5, resumed)).toEqual(whole)
  },
)

test('the probe keeps nothing and estimates some seconds', async () => {
  const context = contextOf()
  const seconds = await probeArm('standard', context)
  expect(seconds).toBeGreaterThan(0)
  expect(readdirSync(context.checkpointDirectory)).toEqual([])
})
