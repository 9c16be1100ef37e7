import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBackend, disposeParams, randomKey, tensor, train } from '@lemanic/tensor-core'
import { checkpointFolder } from '@lemanic/tensor-core/node'
import { countParameters, createDecoder, type TrainingBatch } from '@lemanic/transformer'
import { expect, test } from 'vitest'
import { modelOptions } from './arms.js'
import { paperSizes } from './options.js'
import { createOptimizer, trainable } from './training-run.js'

const time = 32 // of 256 tokens, and one sequence of 128: all else is as published

/** Losses of the steps that ran; `stopAfter` aborts, as Ctrl-C does. */
async function losses(folder?: string, stopAfter?: number): Promise<number[]> {
  const abort = new AbortController()
  const found: number[] = []
  const events = train<TrainingBatch, ReturnType<typeof tensor>>({
    model: trainable(createDecoder(modelOptions('cotformer', paperSizes))),
    loss: (loss) => loss,
    sampler: {
      next(step) {
        const ids = Int32Array.from({ length: time + 1 }, (_, i) => ((i + step) * 7919) % 50304)
        return { tokens: tensor(ids.slice(0, -1), [1, time]), targets: tensor(ids.slice(1), [1, time]) }
      },
      state: () => ({ json: null, tensors: {} }),
      restore() {},
    },
    optimizer: createOptimizer(paperSizes),
    key: randomKey(1),
    steps: 2,
    ...(folder !== undefined && { checkpoint: { store: checkpointFolder(folder) } }),
    signal: abort.signal,
  })
  for await (const event of events) {
    if (event.type === 'step-end') {
      found.push(event.loss)
      if (event.step === stopAfter) abort.abort()
    } else if (event.type === 'train-end') {
      disposeParams(event.params)
    }
  }
  return found
}

test(
  'the published CoTFormer 12×3 builds, takes a step, and goes on from its checkpoint',
  { timeout: 600_000 },
  async () => {
    await createBackend()
    expect(countParameters(modelOptions('cotformer', paperSizes)).total / 1e6).toBeCloseTo(123.6, 1)
    const folder = mkdtempSync(join(tmpdir(), 'paper-preset-'))
    try {
      const whole = await losses()
      expect(whole[0]).toBeCloseTo(Math.log(50304), 0)
      const [first, second] = [await losses(folder, 1), await losses(folder)]
      expect([...first, ...second]).toEqual(whole)
      expect(first).toHaveLength(1)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
