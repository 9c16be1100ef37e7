import { fillRandomBits } from './bits.js'
import type { RandomKey } from './key.js'

const blockLength = 256

/**
 * Reads the endless stream of a key one number at a time, on the host: what samplers and shuffles draw from.
 * Drawing n words gives elements 0 … n − 1 of `fillRandomBits(key)`.
 */
export class RandomStream {
  private readonly block = new Int32Array(blockLength)
  private position = blockLength
  private start = 0

  constructor(private readonly key: RandomKey) {}

  /** The next unsigned 32-bit word. */
  nextWord(): number {
    if (this.position === blockLength) {
      fillRandomBits(this.key, this.block, this.start)
      this.start += blockLength
      this.position = 0
    }
    return (this.block[this.position++] as number) >>> 0
  }

  /** Uniform in [0, 1), a multiple of 2⁻⁵³; takes two words. */
  nextUniform(): number {
    const high = this.nextWord() >>> 5
    const low = this.nextWord() >>> 6
    return (high * 67108864 + low) / 9007199254740992
  }

  /**
   * An integer uniform in 0 … bound − 1 without bias, 1 ≤ bound ≤ 2⁵³.
   * Up to 2³² by Lemire's multiplication with rejection ("Fast random integer generation in an interval", 2019), above
   * by rejecting 53-bit numbers.
   */
  nextBelow(bound: number): number {
    if (bound > 0x100000000) {
      const limit = 9007199254740992 - (9007199254740992 % bound)
      for (;;) {
        const value = (this.nextWord() >>> 11) * 0x100000000 + this.nextWord()
        if (value < limit) return value % bound
      }
    }
    for (;;) {
      const word = this.nextWord()
      // word · bound = high · 2³² + low, in 16-bit halves so that every step is exact
      const lowProduct = (word & 0xffff) * bound
      const middle = (word >>> 16) * bound + Math.floor(lowProduct / 65536)
      const low = (middle % 65536) * 65536 + (lowProduct % 65536)
      if (low >= bound || low >= 0x100000000 % bound) return Math.floor(middle / 65536)
    }
  }
}
