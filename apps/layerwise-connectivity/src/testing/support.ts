import { fillRandomNormal, randomKey } from '@lemanic/tensor-core'
import type { PictureSet } from '../data/pictures.js'
import type { ConnectivityContext } from '../engine.js'
import { smokeSizes, type ConnectivityOptions } from '../options.js'

// What the tests of this folder share: pictures and text that need no download, and a context of a run.

/** Ten patterns with noise, in the format of MNIST. */
export function fakePictures(train: number, test: number): PictureSet {
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

/** Characters that repeat with a period of seven. */
const characters = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => (at * at) % 7)

const pictures = fakePictures(600, 120)

export function contextOf(options: Partial<ConnectivityOptions> = {}): ConnectivityContext {
  return {
    preset: 'smoke',
    options: { ...smokeSizes, data: 'test', ...options },
    engine: {
      pictures: () => pictures,
      text: { training: characters(900), validation: characters(300), vocabulary: 7 },
    },
    threads: 1,
    checkpointDirectory: 'unused',
    signal: new AbortController().signal,
    clock: () => 0,
    report: async () => undefined,
  }
}
