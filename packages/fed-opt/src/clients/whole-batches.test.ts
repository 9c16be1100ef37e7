import { createBackend, defaultBackend, scope, zeros } from '@lemanic/tensor-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { WholeBatches } from './whole-batches.js'

beforeAll(async () => void (await createBackend()))

const buffers = (): number => defaultBackend().memory().buffers

describe('batches of all examples', () => {
  test('are made once for the same clients in the same order, outlive scopes, and are given back', () => {
    const before = buffers()
    const kept = new WholeBatches()
    let made = 0
    const ask = (clients: readonly number[]) =>
      scope(() => {
        const { x } = kept.of(clients, () => ({ x: zeros([clients.length, ++made]) }))
        return x!.shape[1]!
      })
    expect([ask([1, 2]), ask([1, 2]), ask([2, 1]), ask([1, 2]), ask([12])]).toEqual([1, 1, 2, 1, 3])
    expect(buffers() - before).toBe(3)
    kept.dispose()
    expect(buffers()).toBe(before)
    expect(ask([1, 2])).toBe(4)
    kept.dispose()
  })

  test('leave when there is no room, those that were asked for longest ago first', () => {
    const before = buffers()
    const kept = new WholeBatches()
    let made = 0
    const ask = (client: number, megabytes: number) =>
      scope(() => {
        kept.of([client], () => {
          made++
          return { x: zeros([megabytes, 250_000]) }
        })
        return null
      })
    for (const client of [0, 1, 0, 2]) ask(client, 100) // 2 takes the place of 1
    expect([made, buffers() - before]).toEqual([3, 2])
    ask(0, 100)
    expect(made).toBe(3)
    ask(1, 100)
    expect(made).toBe(4)
    ask(3, 150) // too much to be worth keeping
    ask(3, 150)
    expect([made, buffers() - before]).toEqual([6, 2])
    kept.dispose()
    expect(buffers()).toBe(before)
  })
})
