import { fillRandomNormal, randomKey } from '@lemanic/tensor-core'
import type { Digits } from '@lemanic/datasets'
import { type OrderingOptions, smokeSizes } from '../options.js'
import type { OrderingContext } from '../run-vector.js'

// What the tests of this folder share: pictures that need no download, and a context of a run.

/** Ten patterns with noise, in the format of MNIST. */
export function fakeDigits(train: number, test: number): Digits {
  const part = (count: number, seed: number) => {
    const noise = fillRandomNormal(randomKey(seed), new Float32Array(count * 784))
    const labels = Uint8Array.from({ length: count }, (_, picture) => (picture * 7) % 10)
    const pixels = Uint8Array.from(noise, (value, at) => {
      const label = labels[Math.floor(at / 784)]!
      const bright = Math.floor((at % 784) / 78) === label ? 180 : 20
      return Math.max(0, Math.min(255, bright + 30 * value))
    })
    return { count, height: 28, width: 28, pixels, labels }
  }
  return { train: part(train, 1), test: part(test, 2) }
}

export const smokeOptions: OrderingOptions = { ...smokeSizes, digits: 'test' }

export function contextOf(overrides: Partial<OrderingContext> = {}): OrderingContext {
  return {
    preset: 'smoke',
    options: smokeOptions,
    engine: { digits: fakeDigits(400, 120) },
    threads: 1,
    checkpointDirectory: 'unused',
    signal: new AbortController().signal,
    clock: () => 0,
    report: async () => undefined,
    ...overrides,
  }
}
