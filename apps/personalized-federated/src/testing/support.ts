import { fillRandomNormal, randomKey } from '@lemanic/tensor-core'
import type { Digits } from '@lemanic/datasets'
import type { FederatedContext } from '../mnist/run-digits.js'
import { type FederatedOptions, presetSizes } from '../options.js'

// What the tests of this folder share: pictures that need no download, and a context of a run.

/** Ten patterns with noise that are not the same when turned, in the format of MNIST. */
export function fakeDigits(train: number, test: number): Digits {
  const part = (count: number, seed: number) => {
    const noise = fillRandomNormal(randomKey(seed), new Float32Array(count * 784))
    const labels = Uint8Array.from({ length: count }, (_, picture) => (picture * 7) % 10)
    const pixels = Uint8Array.from(noise, (value, at) => {
      const [row, column] = [Math.floor((at % 784) / 28), at % 28]
      const label = labels[Math.floor(at / 784)]!
      const bright = row < 14 && Math.floor(column / 3) === label ? 200 : 20
      return Math.max(0, Math.min(255, bright + 20 * value))
    })
    return { count, height: 28, width: 28, pixels, labels }
  }
  return { train: part(train, 1), test: part(test, 2) }
}

export const smokeOptions: FederatedOptions = { ...presetSizes.smoke, digits: 'test' }

export function contextOf(overrides: Partial<FederatedContext> = {}): FederatedContext {
  return {
    preset: 'smoke',
    options: smokeOptions,
    engine: { digits: fakeDigits(800, 100) },
    threads: 1,
    checkpointDirectory: 'unused',
    signal: new AbortController().signal,
    clock: () => 0,
    report: async () => undefined,
    ...overrides,
  }
}
