import { createBackend, dispose, randomKey, scope, tensor, type Backend } from '@lemanic/tensor-core'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import * as fed from '../index.js'
import { checkAttack } from '../testing/index.js'

// written by tools/parity/federated-rules.py
const golden = JSON.parse(readFileSync(new URL('../fixtures/rules.json', import.meta.url), 'utf8')) as Record<
  string,
  { points: number[][]; byzantine: number; attacks: Record<string, number[][]> }
>
let backend: Backend
beforeAll(async () => {
  backend = await createBackend({})
})

const norm = (row: ArrayLike<number>): number => Math.hypot(...Array.from(row))
const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number => norm(Array.from(a, (x, k) => x - b[k]!))

describe.each(Object.entries(golden))('golden values of numpy, %s points', (_, { points, byzantine, attacks }) => {
  const honest = points.slice(0, points.length - byzantine)
  const own = points.slice(points.length - byzantine)
  test.each<[string, fed.Attack]>([
    ['signFlip', fed.signFlip()],
    ['innerProductManipulation', fed.innerProductManipulation()],
    ['aLittleIsEnough', fed.aLittleIsEnough()],
    ['minMaxDeviation', fed.minMax()],
    ['minMaxMean', fed.minMax({ direction: 'mean' })],
  ])('%s', (name, attack) => {
    const scale = Math.max(...attacks[name]!.flat().map(Math.abs), 1)
    const close = (got: readonly ArrayLike<number>[], tolerance: number): void =>
      attacks[name]!.forEach((row, i) => expect(distance(got[i]!, row) / scale).toBeLessThan(tolerance))
    close(fed.forgeVectors(attack, honest, own), 1e-8)
    const asParams = (rows: number[][]) =>
      rows.map((row) => ({ a: tensor(Float32Array.from(row), [row.length], { backend }) }))
    const [honestParams, ownParams] = [asParams(honest), asParams(own)]
    const forged = fed.forgeParams(attack, honestParams, ownParams)
    const { data } = scope(() => ({ data: forged.a!.dataSync() as Float32Array }))
    const width = honest[0]!.length
    close(
      own.map((_row, i) => data.subarray(i * width, (i + 1) * width)),
      1e-4,
    )
    dispose([honestParams, ownParams, forged])
  })
})

test.each<[string, fed.Attack, boolean]>([
  ['sign flip', fed.signFlip({ scale: 2 }), false],
  ['label flip', fed.labelFlip(), false],
  ['label shift', fed.labelFlip({ shift: 3 }), false],
  ['large gradient', fed.largeGradient(), true],
  ['noise', fed.gaussianNoise(), true],
  ['noise alone', fed.gaussianNoise({ replace: true }), true],
  ['zero', fed.zeroAttack(), false],
  ['inner product manipulation', fed.innerProductManipulation({ epsilon: 2 }), false],
  ['a little is enough', fed.aLittleIsEnough({ z: 1 }), false],
  // its first direction is drawn
  ['mimic', fed.mimic({ warmup: 2 }), true],
  ['mimic of a given client', fed.mimic({ target: 2 }), false],
  ['edge of ball', fed.edgeOfBall({ radius: 1 }), true],
  ['edge of ball, against the descent', fed.edgeOfBall({ radius: 1, direction: 'descent' }), false],
  ['duplicates', fed.duplicateCollusion(), false],
  ['min–max', fed.minMax(), false],
])('%s keeps the contract', (_, attack, isRandom) => checkAttack(attack, { backend, isRandom }))

test('the contract notices an attack that is broken', () => {
  const none: fed.Attack = { name: 'none' }
  expect(() => checkAttack(none, { backend })).toThrow(/neither forges nor poisons/)
  const one: fed.Attack = { name: 'one', forge: (honest) => ({ rows: honest.select([0]) }) }
  expect(() => checkAttack(one, { backend })).toThrow(/for each of 3 attackers, got 1/)
  const wild: fed.Attack = { name: 'wild', forge: (_, { own }) => ({ rows: own.scale(NaN) }) }
  expect(() => checkAttack(wild, { backend })).toThrow(/not finite/)
  const classes: fed.Attack = { name: 'classes', poison: (labels) => labels.map((label) => label + 1) }
  expect(() => checkAttack(classes, { backend })).toThrow(/labels from 0 to 9/)
})

const honest = Array.from({ length: 8 }, (_, i) => [Math.cos(i), Math.sin(i), i / 8])
const own = [
  [0, 0, 0],
  [1, 1, 1],
]

test('labels are flipped and shifted, and back again', () => {
  const labels = Int32Array.of(0, 4, 9)
  expect([...fed.labelFlip().poison!(labels, 10)]).toEqual([9, 5, 0])
  expect([...fed.labelFlip({ shift: 3 }).poison!(labels, 10)]).toEqual([3, 7, 2])
  expect([...fed.labelFlip().poison!(fed.labelFlip().poison!(labels, 10), 10)]).toEqual([0, 4, 9])
})

test('edge of ball sits at 0.999 τ from its target, duplicates at half the way to its nearest neighbour', () => {
  const target = honest[2]!
  for (const row of fed.forgeVectors(fed.edgeOfBall({ radius: 3 }), honest, own, { target }))
    expect(distance(row, target)).toBeCloseTo(0.999 * 3, 10)
  const nearest = Math.min(...honest.filter((row) => row !== target).map((row) => distance(row, target)))
  const [first, second] = fed.forgeVectors(fed.duplicateCollusion(), honest, own, { target })
  expect(distance(first!, target)).toBeCloseTo(nearest / 2, 10)
  expect([...first!]).toEqual([...second!])
})

test('min–max is no farther from any honest row than honest rows are from each other', () => {
  const spread = Math.max(...honest.flatMap((a) => honest.map((b) => distance(a, b))))
  const [forged] = fed.forgeVectors(fed.minMax(), honest, own)
  const farthest = Math.max(...honest.map((row) => distance(forged!, row)))
  expect(farthest).toBeLessThanOrEqual(spread)
  expect(farthest).toBeGreaterThan(0.999 * spread)
})

test('a large gradient is around 10⁶ with deviation 200; noise has the deviation that is asked for', () => {
  const wide = [new Float64Array(4000)]
  const moments = (row: ArrayLike<number>) => {
    const values = Array.from(row)
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length
    return { mean, deviation: Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length) }
  }
  const large = moments(fed.forgeVectors(fed.largeGradient(), wide, wide)[0]!)
  expect(Math.abs(large.mean - 1e6)).toBeLessThan(15)
  expect(Math.abs(large.deviation - 200)).toBeLessThan(10)
  const noise = moments(fed.forgeVectors(fed.gaussianNoise({ deviation: 0.5 }), wide, wide)[0]!)
  expect(Math.abs(noise.deviation - 0.5)).toBeLessThan(0.03)
})

test('ALIE hides within the honest spread; its default z is that of the paper', () => {
  // n = 50 clients, f = 12: s = 14, Φ⁻¹(24/38) = 0.3360
  expect(fed.hidingFactor(38, 12)).toBeCloseTo(0.336, 3)
  expect(() => fed.hidingFactor(3, 4)).toThrow(/no default z/)
})

describe('mimic', () => {
  const rows = fed.vectorRows([...honest.slice(0, 7), [30, 0, 0]])
  const attack = fed.mimic({ warmup: 3 })
  const forge = (round: number, state: fed.RowsState) =>
    attack.forge!(rows, { key: randomKey(7).foldIn(round), round, own: fed.vectorRows(own), state })

  test('copies the client along the direction of greatest variance, and keeps it after the warm-up', () => {
    let state: fed.RowsState = {}
    for (let round = 0; round < 5; round++) {
      const result = forge(round, state)
      state = result.state!
      const names = Object.keys(state).sort()
      // nothing of the models' size is kept once the target is chosen
      expect(names).toEqual(round < 2 ? ['chosen', 'direction', 'mean'] : ['chosen'])
      expect(state.chosen!.dimension).toBe(1)
    }
    const [copied] = forge(5, state).rows.toVectors()
    const chosen = state.chosen!.toVectors()[0]![0]!
    expect([...copied!]).toEqual([...rows.toVectors()[chosen]!])
    // the outlier has most of the variance: it is copied, or the row most opposite to it
    const along = rows.toVectors().map((row) => row[0]!)
    expect([Math.max(...along), Math.min(...along)]).toContain(along[chosen])
  })

  test('follows the client, whatever row it has, and is honest in rounds without it', () => {
    const context = { own: fed.vectorRows(own), key: randomKey(7) }
    const clients = Int32Array.of(3, 5, 8, 11, 12, 15, 20, 21)
    const first = fed.mimic().forge!(rows, { ...context, clients, round: 0, state: {} })
    const chosen = first.state!.chosen!.toVectors()[0]![0]!
    expect([...clients]).toContain(chosen)
    const turned = rows.select([7, 6, 5, 4, 3, 2, 1, 0])
    const reversed = Int32Array.from(clients).reverse()
    const later = { ...context, round: 1, state: first.state! }
    const again = fed.mimic().forge!(turned, { ...later, clients: reversed })
    expect(again.rows.toVectors()).toEqual(first.rows.toVectors())
    const without = fed.mimic().forge!(rows, { ...later, clients: clients.map((client) => client + 100) })
    expect(without.rows.toVectors()).toEqual(fed.vectorRows(own).toVectors())
    const given = fed.mimic({ target: 12 }).forge!(rows, { ...context, clients, round: 0, state: {} })
    expect(given.rows.toVectors()[1]).toEqual(rows.toVectors()[4])
  })

  test('refuses a target that is not there', () => {
    expect(() => fed.forgeVectors(fed.mimic({ target: 8 }), honest, own)).toThrow(/from 0 to 7/)
  })
})

test.each<[string, () => unknown, RegExp]>([
  ['a radius of 0', () => fed.edgeOfBall({ radius: 0 }), /radius: expected a number above 0/],
  ['ε of 0', () => fed.innerProductManipulation({ epsilon: 0 }), /epsilon: expected a number above 0/],
  ['nobody to learn from', () => fed.forgeVectors(fed.signFlip(), [], own), /at least one vector/],
])('refuses %s', (_, make, message) => expect(make).toThrow(message))
