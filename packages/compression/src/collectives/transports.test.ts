import { checkCollectives, checkCollectivesMismatch } from '@lemanic/tensor-core/testing'
import { describe, expect, test } from 'vitest'
import { joinWorld } from './join-world.js'
import { counterInFile, newCounterFile, optionsOfAll } from './test-worlds.js'
import type { World } from './world.js'

async function joinAll(...of: Parameters<typeof optionsOfAll>): Promise<World[]> {
  return Promise.all((await optionsOfAll(...of)).map(joinWorld))
}

describe.each(['tcp', 'shared-memory'] as const)('%s', (transport) => {
  test.each([1, 2, 3, 5])('holds the contract of collectives with %d ranks', async (worldSize) => {
    const worlds = await joinAll(transport, worldSize)
    const counter = counterInFile(newCounterFile())
    await Promise.all(worlds.map((world) => checkCollectives(world, { counter })))
    await Promise.all(worlds.map((world) => world.close()))
    await expect(worlds[0]?.barrier()).rejects.toMatchObject({ code: 'world-closed' })
  })

  test.each([2, 3, 5])('holds it with sums in the order of a ring of %d ranks', async (worldSize) => {
    const worlds = await joinAll(transport, worldSize, { order: 'transport' })
    const counter = counterInFile(newCounterFile())
    await Promise.all(worlds.map((world) => checkCollectives(world, { counter, inOrder: false, longest: 40_001 })))
    await Promise.all(worlds.map((world) => world.close()))
  })

  test.each(['function', 'length'] as const)('ranks that call another %s all hear of it', async (how) => {
    const worlds = await joinAll(transport, 3)
    await Promise.all(worlds.map((world) => checkCollectivesMismatch(world, how)))
  })

  test('a vector far larger than what is under way at once', async () => {
    const worlds = await joinAll(transport, 2)
    const length = 6_000_001
    const values = Float32Array.from({ length }, (_, i) => i % 1000)
    const [first, second] = await Promise.all(worlds.map((world) => world.allReduce(values, 'sum')))
    expect(first?.every((value, i) => value === 2 * (i % 1000))).toBe(true)
    expect(Buffer.from(first!.buffer).equals(Buffer.from(second!.buffer))).toBe(true)
    const sent = new Uint8Array(first!.buffer)
    const received = await Promise.all(
      worlds.map((world) => world.broadcast(world.rank === 1 ? sent : sent.subarray(0, 1), 1)),
    )
    expect(Buffer.from(received[0]!.buffer).equals(Buffer.from(sent.buffer))).toBe(true)
    await Promise.all(worlds.map((world) => world.close()))
  })

  test('a rank that leaves with a reason is named, with the reason, by all others', async () => {
    const worlds = await joinAll(transport, 3)
    const waiting = [0, 2].map((rank) =>
      worlds[rank]!.allReduce(new Float32Array(10_000), 'sum').catch((e: unknown) => e),
    )
    await worlds[1]?.close(new Error('the loss is NaN'))
    for (const error of await Promise.all(waiting)) {
      expect(error).toMatchObject({ code: 'rank-failed', fields: { rank: 1 } })
      expect((error as Error).message).toMatch(/rank 1 ended the run: the loss is NaN/)
    }
    await expect(worlds[0]?.barrier()).rejects.toMatchObject({ code: 'rank-failed' })
    await expect(worlds[1]?.barrier()).rejects.toMatchObject({ code: 'rank-failed' })
  })

  test('a rank may leave after its last call; who calls on is told who left', async () => {
    const worlds = await joinAll(transport, 2)
    const last = worlds.map((world) => world.allGather(Uint8Array.of(world.rank)))
    await worlds[1]?.close()
    expect(await last[0]).toEqual([Uint8Array.of(0), Uint8Array.of(1)])
    await expect(worlds[0]?.barrier()).rejects.toMatchObject({ code: 'rank-lost', fields: { rank: 1, how: 'closed' } })
  })

  test('a rank that hangs is named after the timeout', async () => {
    const worlds = await joinAll(transport, 3, { timeout: 300 })
    const waiting = [0, 1].map((rank) => worlds[rank]!.barrier().catch((error: unknown) => error))
    for (const error of await Promise.all(waiting))
      expect(error).toMatchObject({ code: 'collective-timeout', fields: { rank: 2 } })
    // The others had come to this barrier before they gave up; the next one is too late.
    await worlds[2]?.barrier().catch(() => undefined)
    await expect(worlds[2]?.barrier()).rejects.toMatchObject({ code: 'collective-timeout', fields: { rank: 2 } })
  })

  test('ranks that do not come are named', async () => {
    const options = await optionsOfAll(transport, 4, { joinTimeout: 500 })
    const outcomes = await Promise.allSettled([joinWorld(options[0]!), joinWorld(options[2]!)])
    expect(outcomes[0]).toMatchObject({ reason: { code: 'join-failed', fields: { missing: [1, 3] } } })
    expect(outcomes[1]).toMatchObject({ reason: { code: 'join-failed', fields: { rank: 2 } } })
  })
})

test('small rings: a message larger than the shared memory passes through it in pieces', async () => {
  const worlds = await joinAll('shared-memory', 3, { capacity: 4096 })
  const counter = counterInFile(newCounterFile())
  await Promise.all(worlds.map((world) => checkCollectives(world, { counter, longest: 50_001 })))
  await Promise.all(worlds.map((world) => world.close()))
})
