import { fork } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Results } from '../study/results.js'
import { describeEnvironment } from './environment.js'
import type { StudyEvent } from './events.js'
import { noiseStudy } from './fixtures/noise-study.js'
import { mergeRuns, runStudy, type RunStudyOptions } from './run-study.js'

// Starting worker processes takes seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const worker = new URL('./fixtures/noise-worker.mjs', import.meta.url)
let out: string

beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'eval-runner-'))
})
afterEach(() => {
  rmSync(out, { recursive: true, force: true })
})

function settings(changes: Partial<RunStudyOptions> = {}): RunStudyOptions {
  return {
    preset: 'laptop',
    out,
    code: 'one',
    clock: () => performance.now(),
    environment: describeEnvironment({ commit: 'one', backend: 'none', threads: 1, processes: 2, versions: {} }),
    ...changes,
  }
}

async function run(
  changes: Partial<RunStudyOptions> = {},
): Promise<{ events: StudyEvent[]; end: Extract<StudyEvent, { type: 'study-end' }> }> {
  const events: StudyEvent[] = []
  for await (const event of runStudy(noiseStudy, settings(changes))) events.push(event)
  return { events, end: events.at(-1) as Extract<StudyEvent, { type: 'study-end' }> }
}

function startOf(events: readonly StudyEvent[]) {
  return events.find((event) => event.type === 'study-start')!
}

/** What must be the same however the runs came about: everything but times. */
function timeless(results: Results) {
  return { ...results, runs: results.runs.map((item) => ({ ...item, seconds: 0 })) }
}

function runFiles(preset = 'laptop'): string[] {
  return readdirSync(join(out, 'noise', preset, 'runs')).sort()
}

describe('a study', () => {
  test('runs in worker processes, tells how it goes, and leaves results that validate', async () => {
    const { events, end } = await run({ worker })
    expect(startOf(events)).toMatchObject({ runs: 16, reused: 0, pending: 16 })
    expect(startOf(events)).toMatchObject({ announcement: '16 runs × 2.5 s / 2 processes ≈ 21 s' })
    expect(events.filter((event) => event.type === 'run-end')).toHaveLength(16)
    expect(end).toMatchObject({ exitCode: 0, aborted: false, failures: [] })
    expect(end.results.claims.map((claim) => claim.verdict)).toEqual(['supported', 'contradicted'])
    expect(JSON.parse(readFileSync(end.resultsPath, 'utf8'))).toEqual(end.results)
    expect(readdirSync(join(out, 'noise', 'laptop', 'checkpoints'))).toEqual([])
    const firstSeeds = events.flatMap((event) => (event.type === 'run-start' ? [event.seed] : []))
    expect(firstSeeds).toEqual([...firstSeeds].sort((a, b) => a - b))
  })

  test('gives the same results in this process, in workers, in shards and with more seeds later', async () => {
    const { end: inWorkers } = await run({ worker })
    rmSync(out, { recursive: true })
    const { end: here } = await run()
    expect(timeless(here.results)).toEqual(timeless(inWorkers.results))
    rmSync(out, { recursive: true })
    for (const index of [3, 1, 2]) await run({ shard: { index, count: 3 } })
    const { clock: _clock, ...merging } = settings()
    expect(timeless((await mergeRuns(noiseStudy, merging)).results)).toEqual(timeless(inWorkers.results))
    rmSync(out, { recursive: true })
    await run({ seeds: 3 })
    const { events, end } = await run()
    expect(startOf(events)).toMatchObject({ reused: 6, pending: 10 })
    expect(timeless(end.results)).toEqual(timeless(inWorkers.results))
  })

  test('that is finished has nothing left to run, and more seeds continue the count', async () => {
    await run()
    const again = await run()
    expect(startOf(again.events)).toMatchObject({
      reused: 16,
      pending: 0,
      announcement: '16 finished runs found; nothing left to run',
    })
    const more = await run({ seeds: 9 })
    expect(more.end.results.seeds).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(startOf(more.events)).toMatchObject({ pending: 2 })
    const { end } = await run({ seeds: [5, 2] })
    expect(end.results.runs.map((item) => item.seed)).toEqual([5, 5, 2, 2])
  })
})

describe('a study that is killed', () => {
  test('continues where it stopped, inside runs too, and ends with the same numbers', async () => {
    const log = mkdtempSync(join(tmpdir(), 'eval-steps-'))
    const main = new URL('./fixtures/noise-main.mjs', import.meta.url)
    const start = () =>
      fork(main, ['paper', out], {
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
        env: { ...process.env, LEMANIC_TEST_LOG: log },
        execArgv: [],
      })
    const steps = () => {
      try {
        return readFileSync(join(log, 'steps.log'), 'utf8').trim().split('\n')
      } catch {
        return []
      }
    }
    const first = start()
    while (steps().length < 100) await new Promise((resolve) => setTimeout(resolve, 10))
    first.kill('SIGKILL')
    await new Promise((resolve) => first.once('exit', resolve))
    await new Promise((resolve) => setTimeout(resolve, 400))
    const before = steps().length
    expect(before).toBeLessThan(240)

    const second = start()
    let output = ''
    second.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()))
    expect(await new Promise((resolve) => second.once('close', resolve))).toBe(0)
    const events = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as StudyEvent)
    expect(startOf(events).type === 'study-start' && startOf(events)).toMatchObject({ runs: 6 })
    expect((startOf(events) as { reused: number }).reused).toBeGreaterThan(0)
    // 3 seeds × 2 arms × 40 steps, each made exactly once: finished runs and checkpoints were both used.
    expect(steps()).toHaveLength(240)
    expect(new Set(steps()).size).toBe(240)

    const resumed = (events.at(-1) as Extract<StudyEvent, { type: 'study-end' }>).results
    rmSync(out, { recursive: true })
    const { end } = await run({ preset: 'paper', environment: resumed.environment })
    expect(timeless(resumed)).toEqual(timeless(end.results))
    rmSync(log, { recursive: true })
  })

  test('by its signal stops its workers, keeps finished runs, and ends with exit code 1', async () => {
    const abort = new AbortController()
    const events: StudyEvent[] = []
    for await (const event of runStudy(noiseStudy, settings({ preset: 'paper', worker, signal: abort.signal }))) {
      events.push(event)
      if (event.type === 'run-end') abort.abort()
    }
    const end = events.at(-1) as Extract<StudyEvent, { type: 'study-end' }>
    expect(end).toMatchObject({ aborted: true, exitCode: 1, failures: [] })
    expect(end.results.runs.length).toBeLessThan(6)
    expect(end.results.claims[0]!.verdict).toBe('inconclusive')
    expect((await run({ preset: 'paper' })).end).toMatchObject({ exitCode: 0 })
  })

  test('by leaving its loop can be started again', async () => {
    for await (const event of runStudy(noiseStudy, settings({ preset: 'paper', worker })))
      if (event.type === 'run-progress') break
    expect((await run({ preset: 'smoke', worker })).end.exitCode).toBe(0)
  })
})

describe('runs that fail', () => {
  test('are recorded with their error, do not stop the others, and are tried again', async () => {
    const { events, end } = await run({ preset: 'complete', worker })
    expect(end.exitCode).toBe(1)
    expect(end.failures.map((failure) => failure.arm)).toEqual(['broken', 'broken'])
    const errors = end.results.runs.filter((item) => item.status === 'failed').map((item) => item.error)
    expect(errors[0]).toContain('ended in the middle of a run (signal SIGKILL)')
    expect(errors[1]).toBe('this arm breaks at seed 1')
    expect(events.filter((event) => event.type === 'run-end' && event.status === 'done')).toHaveLength(4)
    expect(startOf((await run({ preset: 'complete', worker })).events)).toMatchObject({ reused: 4, pending: 2 })
  })

  test('by a metric that is not finite name it', async () => {
    const study = { ...noiseStudy, run: async () => ({ metrics: { loss: Number.NaN } }) } as typeof noiseStudy
    const events: StudyEvent[] = []
    for await (const event of runStudy(study, settings({ preset: 'smoke' }))) events.push(event)
    expect(events.find((event) => event.type === 'run-end')).toMatchObject({
      status: 'failed',
      error: expect.stringContaining("expected metric 'loss' to be a finite number, got NaN"),
    })
  })

  test('by an unknown metric name the nearest', async () => {
    const study = {
      ...noiseStudy,
      run: async () => ({ metrics: { loss: 1, los: 2 } }),
    } as unknown as typeof noiseStudy
    const events: StudyEvent[] = []
    for await (const event of runStudy(study, settings({ preset: 'smoke' }))) events.push(event)
    expect(events.find((event) => event.type === 'run-end')).toMatchObject({
      error: expect.stringContaining("did you mean 'loss'?"),
    })
  })

  test('because nothing could be set up end the study at once', async () => {
    const environment = describeEnvironment({
      commit: 'one',
      backend: 'unplugged',
      threads: 1,
      processes: 2,
      versions: {},
    })
    for (const changes of [{ environment, worker }, { environment }]) {
      await expect(run(changes)).rejects.toMatchObject({
        code: 'worker-failed',
        message: "Study 'noise' could not be set up: the engine is unplugged",
      })
    }
  })
})

describe('the store', () => {
  test('notices a torn file and one that was edited, and runs both again', async () => {
    const { end } = await run()
    const [first, second] = runFiles()
    const path = (name: string) => join(out, 'noise', 'laptop', 'runs', name)
    writeFileSync(path(first!), readFileSync(path(first!), 'utf8').slice(0, 90))
    writeFileSync(path(second!), readFileSync(path(second!), 'utf8').replace('"seconds":', '"seconds":1'))
    const again = await run()
    const discarded = again.events.flatMap((event) =>
      event.type === 'run-discarded' ? [`${event.reason} ${event.detail}`] : [],
    )
    expect(discarded.sort()).toEqual([
      'torn drift, seed 0: not readable as JSON; it runs again',
      'torn drift, seed 1: its checksum does not match its content; it runs again',
    ])
    expect(startOf(again.events)).toMatchObject({ pending: 2 })
    expect(timeless(again.end.results)).toEqual(timeless(end.results))
  })

  test('sets runs of other code aside, says so, and never mixes them in', async () => {
    await run({ preset: 'smoke' })
    const { events, end } = await run({ preset: 'smoke', code: 'two' })
    expect(events.filter((event) => event.type === 'run-discarded')).toHaveLength(4)
    expect(events[0]).toMatchObject({
      reason: 'code',
      detail: expect.stringContaining('made by code one, this is two'),
    })
    expect(startOf(events)).toMatchObject({ reused: 0, pending: 4 })
    expect(end.exitCode).toBe(0)
    expect(readdirSync(join(out, 'noise', 'smoke', 'superseded'))).toHaveLength(4)
  })

  test('keeps runs of another backend, and reports them', async () => {
    await run({ preset: 'smoke' })
    const environment = describeEnvironment({
      commit: 'one',
      backend: 'other',
      threads: 1,
      processes: 2,
      versions: {},
    })
    const { events } = await run({ preset: 'smoke', environment })
    expect(events.filter((event) => event.type === 'run-discarded' && event.reason === 'options')).toHaveLength(4)
    expect(runFiles('smoke')).toHaveLength(8)
    expect(startOf((await run({ preset: 'smoke' })).events)).toMatchObject({ reused: 4, pending: 0 })
  })

  test('without a finished run has nothing to merge', async () => {
    const { clock: _clock, ...merging } = settings()
    await expect(mergeRuns(noiseStudy, merging)).rejects.toThrow('expected finished runs of preset')
  })
})

describe('a time budget', () => {
  test('drops optional arms, the last first, keeps to that, and says so in the results', async () => {
    const budget = { preset: 'complete', budgetSeconds: 11 }
    const { events, end } = await run(budget)
    expect(events.find((event) => event.type === 'arm-dropped')).toMatchObject({
      arm: 'broken',
      reason: 'the runs would take 14 s, the budget is 11 s',
    })
    expect(startOf(events)).toMatchObject({ runs: 4 })
    expect(end.exitCode).toBe(0)
    expect(end.results.arms.find((arm) => arm.name === 'broken')!.dropped).toContain('14 s')
    expect(end.results.missing).toEqual([])
    const again = await run(budget)
    expect(again.events.map((event) => event.type)).toContain('arm-dropped')
    expect(startOf(again.events)).toMatchObject({ pending: 0 })
    const { clock: _clock, ...merging } = settings({ preset: 'complete' })
    expect((await mergeRuns(noiseStudy, merging)).results.arms.find((arm) => arm.name === 'broken')!.dropped).toContain(
      '14 s',
    )
  })
})

describe('wrong options', () => {
  test('are refused before anything runs', async () => {
    await expect(run({ preset: 'desk' })).rejects.toThrow(
      "expected a preset (smoke, laptop, complete, paper), got 'desk'",
    )
    await expect(run({ seeds: 0 })).rejects.toThrow('`seeds`')
    await expect(run({ seeds: [1, 1] })).rejects.toThrow('different whole numbers')
    await expect(run({ budgetSeconds: -1 })).rejects.toThrow('`budgetSeconds` above 0')
    await expect(run({ wokrer: worker } as never)).rejects.toThrow('did you mean `worker`?')
    expect(readdirSync(out)).toEqual([])
  })
})
