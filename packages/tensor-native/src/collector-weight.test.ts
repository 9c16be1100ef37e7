import { expect, test } from 'vitest'
import { CollectorWeight } from './collector-weight.js'

const MiB = 2 ** 20
const turn = (): Promise<void> => Promise.resolve()

async function reportsOf(changes: readonly (readonly number[])[]): Promise<number[]> {
  const reports: number[] = []
  const weight = new CollectorWeight((bytes) => reports.push(bytes / MiB))
  for (const turnOfChanges of changes) {
    for (const change of turnOfChanges) weight.add(change * MiB)
    await turn()
  }
  return reports
}

test('a rise is reported at the end of its turn, in steps of 8 MiB', async () => {
  expect(await reportsOf([[5], [3], [1], [7], [2]])).toEqual([9, 18])
})

test('what comes and goes in a turn is not reported', async () => {
  expect(await reportsOf([[100, 50, -150], [300, -299], [9]])).toEqual([10])
})

test('a fall is reported below three quarters, less a step', async () => {
  expect(await reportsOf([[100], [-32], [-2], [-66]])).toEqual([100, 66, 0])
})

test('in a rise after a fall that was not reported, only what passes the last report counts', async () => {
  expect(await reportsOf([[100], [-25], [25], [8], [1]])).toEqual([100, 109])
})
