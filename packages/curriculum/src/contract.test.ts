import { LemanicError, randomKey } from '@lemanic/tensor-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createOrder, type DataOrder, orderNames, scheduledOrder } from './index.js'
import { checkOrder } from './testing/index.js'

const make = (name: (typeof orderNames)[number], size: number, seed: number, ranks = {}): DataOrder =>
  createOrder({
    name,
    size,
    key: randomKey(seed),
    labels: Array.from({ length: size }, (_, unit) => (unit * 7) % 3),
    weights: Array.from({ length: size }, (_, unit) => 1 + (unit % 4)),
    gradients: { size, dimension: 2, values: Array.from({ length: 2 * size }, (_, at) => Math.sin(at * at)) },
    ...ranks,
  })

describe.each(orderNames)('%s', (name) => {
  test('keeps the contract: permutations, exact resume at every visit, ranks without overlap, foreign states', () => {
    for (const size of [6, 11, 16]) {
      checkOrder({
        create: (ranks) => make(name, size, 5, ranks),
        gradient: (unit, visit) => [Math.sin(unit * 3 + 1), Math.cos(unit * unit), Math.sin(visit * 0.7)],
        epochs: 4,
      })
    }
  })

  test('any size, seed and number of ranks: no unit is visited twice in an epoch of all ranks', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 40 }),
        fc.nat(1000),
        fc.integer({ min: 1, max: 4 }),
        (size, seed, worldSize) =>
          checkOrder({ create: (ranks) => make(name, size, seed, ranks), epochs: 2, worldSize }),
      ),
      { numRuns: 8 },
    )
  })

  test('a state of another key or another order is refused', () => {
    const order = make(name, 8, 1)
    const others = orderNames.filter((other) => other !== name).map((other) => make(other, 8, 1).state())
    if (!['incremental', 'label-sorted', 'gradient-sorted'].includes(name)) others.push(make(name, 8, 2).state())
    for (const state of others) {
      expect(() => order.restore(state)).toThrow(`${name}: expected a state of this order (8 units)`)
    }
  })
})

describe('checkOrder notices', () => {
  const good = { size: 6, kind: 'mine', identity: {} }
  const rotated = (epoch: number) => Int32Array.from({ length: 6 }, (_, at) => (at + epoch) % 6)
  const part = (epoch: number) => ({ start: 0, indices: rotated(epoch) })
  const create = (ranks: object) => scheduledOrder({ ...good, ...ranks, part })
  const patched = (patch: (order: DataOrder) => Partial<DataOrder>) => (ranks: object) => {
    const order = create(ranks)
    return { ...order, ...patch(order) }
  }

  test('nothing in a sound order', () => checkOrder({ create }))

  test.each<[string, (ranks: { rank: number; worldSize: number }) => DataOrder, RegExp]>([
    [
      'an epoch that repeats a unit',
      (ranks) => scheduledOrder({ ...good, ...ranks, part: () => ({ start: 0, indices: new Int32Array(6) }) }),
      /epoch 0 is no permutation/,
    ],
    [
      'a unit that does not exist',
      patched((order) => ({ next: () => order.next() + 1 })),
      /expected an integer from 0 to 5/,
    ],
    [
      'a restore that forgets',
      patched(() => ({ restore: () => undefined })),
      /restored (after 1 visits|before observe 0)/,
    ],
    ['a state that moves on', patched((order) => ({ state: () => (order.next(), order.state()) })), /visit|restored/],
    ['ranks that overlap', (ranks) => create({ ...ranks, rank: 0, worldSize: 1 }), /foreign|state of another rank/],
  ])('%s', (_, faulty, message) => {
    let caught: unknown
    try {
      checkOrder({ create: faulty })
    } catch (error) {
      caught = error
    }
    expect(LemanicError.isInstance(caught, 'contract-broken')).toBe(true)
    expect((caught as Error).message).toMatch(message)
  })
})
