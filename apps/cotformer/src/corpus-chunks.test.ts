import { describe, expect, it } from 'vitest'
import { chunkTokens, reshuffledBatches } from './corpus-chunks.js'

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

describe('reshuffledBatches', () => {
  const orders = [
    [2, 0, 1, 3, 4],
    [4, 3, 2, 1, 0],
    [1, 0, 3, 2, 4],
  ]
  const order = (epoch: number): number[] => orders[epoch % 3]!

  it('takes every chunk once an epoch, over the ends of epochs', () => {
    const indices = reshuffledBatches({ count: 5, batchSize: 3, order })
    const taken = Array.from({ length: 5 }, (_, step) => [...indices(step)]).flat()
    expect(taken).toEqual([...orders[0]!, ...orders[1]!, ...orders[2]!])
  })

  it('depends on the step alone, so that a resumed run goes on alike', () => {
    const straight = reshuffledBatches({ count: 5, batchSize: 4, order })
    const expected = Array.from({ length: 8 }, (_, step) => [...straight(step)])
    const resumed = reshuffledBatches({ count: 5, batchSize: 4, order })
    expect([5, 6, 7].map((step) => [...resumed(step)])).toEqual(expected.slice(5))
  })

  it('takes a batch larger than an epoch', () => {
    expect([...reshuffledBatches({ count: 5, batchSize: 12, order })(0)]).toEqual([...orders[0]!, ...orders[1]!, 1, 0])
  })

  it('refuses an order that is no permutation', () => {
    for (const bad of [
      [0, 1, 2, 3],
      [0, 1, 2, 3, 3],
      [0, 1, 2, 3, 9],
      [0, 1, 2, 3, 4, 0],
    ]) {
      expect(() => reshuffledBatches({ count: 5, batchSize: 1, order: () => bad })(0)).toThrow(
        /permutation of 0 to 4 for epoch 0/,
      )
    }
    expect(() => reshuffledBatches({ count: 5, batchSize: 0, order })).toThrow(/batchSize/)
  })
})
