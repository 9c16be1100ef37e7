import { describe, expect, it } from 'vitest'
import { chunkTokens } from './corpus-chunks.js'

describe('chunkTokens', () => {
  const tokens = Uint16Array.from({ length: 14 }, (_, index) => index * 10)

  it('cuts chunks that share no token; targets are the tokens that follow', () => {
    const chunks = chunkTokens(tokens, 3)
    expect(chunks.count).toBe(3)
    expect(chunks.batch([2, 0])).toEqual({
      inputs: Int32Array.of(80, 90, 100, 0, 10, 20),
      targets: Int32Array.of(90, 100, 110, 10, 20, 30),
      batchSize: 2,
      contextLength: 3,
    })
  })

  it('refuses what does not fit', () => {
    expect(chunkTokens(tokens, 13).count).toBe(1)
    expect(() => chunkTokens(tokens, 14)).toThrow(/from 1 to 13 \(for 14 tokens\), got 14/)
    expect(() => chunkTokens(tokens, 0)).toThrow(/got 0/)
    expect(() => chunkTokens(tokens, 3).batch([0, 3])).toThrow(/from 0 to 2, got 3 at 1/)
  })
})
