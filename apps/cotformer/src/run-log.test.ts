import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type LogEntry, openRunLog } from './run-log.js'

const folder = mkdtempSync(join(tmpdir(), 'run-log-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const training = (step: number, loss: number): LogEntry => ({ kind: 'training', step, loss })

test('a log goes on where its checkpoint is, and survives a torn and a repeated line', () => {
  const first = openRunLog(folder)
  first.add({ kind: 'validation', step: 0, loss: 6 })
  first.add(training(1, 5.5))
  first.add(training(2, 5.25))
  first.add(training(3, 5))
  appendFileSync(
    join(folder, 'measurements.jsonl'),
    '{"kind":"training","step":2,"loss":5.125}\n{"kind":"training","st',
  )
  const second = openRunLog(folder)
  expect(second.entries).toEqual([
    { kind: 'validation', step: 0, loss: 6 },
    training(1, 5.5),
    training(2, 5.125),
    training(3, 5),
  ])
  second.keepUpTo(2)
  second.add(training(3, 4.75))
  expect(openRunLog(folder).entries).toEqual([
    { kind: 'validation', step: 0, loss: 6 },
    training(1, 5.5),
    training(2, 5.125),
    training(3, 4.75),
  ])
  second.keepUpTo(-1)
  expect(openRunLog(folder).entries).toEqual([])
})
