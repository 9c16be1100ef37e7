import { Writable } from 'node:stream'
import type { StudyEvent } from '@lemanic/eval/node'
import { expect, test, vi } from 'vitest'
import { studyProgress } from './study-progress.js'
import { createTerminal } from './terminal.js'

function collect(isTTY: boolean, environment: Record<string, string> = {}) {
  let written = ''
  const stream = () =>
    Object.assign(
      new Writable({ write: (chunk: Buffer, _encoding, done) => ((written += chunk.toString()), done()) }),
      { isTTY, columns: 100, rows: 30, cursorTo: () => true, clearLine: () => true, moveCursor: () => true },
    )
  const terminal = createTerminal({ stdout: stream(), stderr: stream(), environment, json: false })
  return { terminal, text: () => written }
}

const start = (seconds: number): StudyEvent => ({
  type: 'study-start',
  study: 's',
  preset: 'laptop',
  directory: 'd',
  runs: 2,
  reused: 0,
  pending: 2,
  estimate: { runs: 2, processes: 1, secondsPerRun: seconds / 2, seconds, byArm: [] },
  announcement: `2 runs × ${seconds / 2} s / 1 process`,
})
const end = (arm: string, completed: number): StudyEvent => ({
  type: 'run-end',
  status: 'done',
  arm,
  seed: 3,
  index: 0,
  metrics: { loss: 2.5 },
  seconds: 4,
  completed,
  total: 2,
  remainingSeconds: 4,
})

test('without a terminal: the announcement, then one line a run, in columns', () => {
  const { terminal, text } = collect(false)
  const progress = studyProgress(terminal, { a: 'Arm', b: 'Longer arm' }, ['Longer arm'])
  for (const event of [
    start(8),
    { type: 'run-progress', arm: 'a', seed: 3, index: 0, fraction: 0.5 } as StudyEvent,
    end('a', 1),
    end('b', 2),
  ])
    progress.handle(event)
  progress.stop()
  const lines = text().trim().split('\n')
  expect(lines[0]).toBe('2 runs × 4 s / 1 process')
  expect(lines.slice(1)).toEqual([
    '1/2  Arm         seed 3  loss 2.5000  4.0 s, about 4.0 s left',
    '2/2  Longer arm  seed 3  loss 2.5000  4.0 s, about 4.0 s left',
  ])
})

test('runs that are not used are named: a damaged one by itself, those of other sources together', () => {
  const { terminal, text } = collect(false)
  const progress = studyProgress(terminal, { a: 'Arm' })
  const discard = (reason: 'torn' | 'code', detail: string) =>
    progress.handle({ type: 'run-discarded', reason, path: 'p', detail })
  discard('code', 'first')
  discard('torn', 'damaged')
  discard('code', 'second')
  progress.handle(start(8))
  expect(text().split('\n').slice(0, 2)).toEqual(['not used: damaged', 'not used: first (and 1 more like it)'])
})

test('a long study is told how to be stopped and made shorter; a failed run says why', () => {
  const { terminal, text } = collect(false)
  const progress = studyProgress(terminal, { a: 'Arm' }, ['Arm'])
  progress.handle(start(3600))
  progress.handle({
    type: 'run-end',
    status: 'failed',
    arm: 'a',
    seed: 0,
    index: 0,
    error: 'out of luck',
    seconds: 0,
    completed: 1,
    total: 2,
  })
  expect(text()).toContain('--minutes N leaves out "Arm"')
  expect(text()).toContain('failed: out of luck')
})

test('bars and colours only on a terminal, and not in CI', async () => {
  expect(collect(true).terminal.interactive).toBe(true)
  expect(collect(true).terminal.color.isColorSupported).toBe(true)
  expect(collect(true, { NO_COLOR: '1' }).terminal.color.isColorSupported).toBe(false)
  expect(collect(true, { CI: 'true' }).terminal.interactive).toBe(false)
  const { terminal, text } = collect(true)
  const progress = studyProgress(terminal, { a: 'Arm' })
  progress.handle(start(8))
  progress.handle({ type: 'run-start', arm: 'a', seed: 3, index: 0 })
  progress.handle({ type: 'run-progress', arm: 'a', seed: 3, index: 0, fraction: 0.5, message: 'half' })
  // Bars are drawn by a timer.
  await vi.waitFor(() => expect(text()).toContain('half'), { timeout: 10_000 })
  expect(text()).toContain('█')
  progress.handle(end('a', 1))
  progress.stop()
})
