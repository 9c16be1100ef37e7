import { fillRandomNormal, randomKey } from '@lemanic/tensor-core'
import { numbered, type LaserData } from '../data.js'
import { smokeSizes, type LaserOptions } from '../options.js'
import type { LaserContext } from '../run-cell.js'

// What the tests share: pictures and a text that need no download, and a context of a run.

/** Ten patterns with noise, in the format of MNIST, and a text that repeats itself. */
export function fakeData(train: number, test: number): LaserData {
  const part = (count: number, seed: number) => {
    const noise = fillRandomNormal(randomKey(seed), new Float32Array(count * 784))
    const labels = Uint8Array.from({ length: count }, (_, picture) => (picture * 7) % 10)
    const pixels = Uint8Array.from(noise, (value, at) => {
      const bright = Math.floor((at % 784) / 78) === labels[Math.floor(at / 784)]! ? 180 : 20
      return Math.max(0, Math.min(255, bright + 30 * value))
    })
    return { count, height: 28, width: 28, pixels, labels }
  }
  const text = 'the quick brown fox jumps over the lazy dog, and '.repeat(100)
  return { train: part(train, 1), test: part(test, 2), ...numbered(text) }
}

export const smokeOptions: LaserOptions = { ...smokeSizes, data: 'test' }

export function contextOf(overrides: Partial<LaserContext> = {}): LaserContext {
  return {
    preset: 'smoke',
    options: smokeOptions,
    engine: { data: fakeData(600, 250), tuningFolder: undefined },
    threads: 1,
    checkpointDirectory: 'unused',
    signal: new AbortController().signal,
    clock: () => 0,
    report: async () => undefined,
    ...overrides,
  }
}
