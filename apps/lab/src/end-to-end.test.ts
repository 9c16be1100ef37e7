import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseResults, type Results } from '@lemanic/eval'
import { afterAll, beforeAll, expect, test } from 'vitest'

// The command as users run it, in processes of its own, on a small text of its own.

const repository = fileURLToPath(new URL('../../..', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'lab-end-to-end-'))
const data = join(scratch, 'text')
const patience = 240_000

beforeAll(() => {
  mkdirSync(data)
  const words = 'the whale and the sea of which he spoke was no more than a word to us that day'.split(' ')
  for (let file = 0; file < 40; file++) {
    const text = Array.from(
      { length: 900 },
      (_, index) => words[(index * (file + 3) + (index >> 3)) % words.length],
    ).join(' ')
    writeFileSync(join(data, `${file}.txt`), `${text}\n`)
  }
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function start(
  out: string,
  ...words: string[]
): { child: ChildProcess; finished: Promise<Finished>; text: () => string } {
  const settings = [
    '--preset',
    'smoke',
    '--out',
    join(scratch, out),
    '--cache',
    join(scratch, 'cache'),
    '--data',
    data,
    '--processes',
    '2',
  ]
  return launch([...words, ...settings])
}

function launch(words: readonly string[]): { child: ChildProcess; finished: Promise<Finished>; text: () => string } {
  // detached: a process group of its own, so that a kill reaches the workers as a power cut would.
  const child = spawn(
    process.execPath,
    ['--conditions=@lemanic/source', '--import', 'tsx', 'apps/lab/src/main.ts', ...words],
    { cwd: repository, detached: true },
  )
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const finished = new Promise<Finished>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })))
  return { child, finished, text: () => stdout + stderr }
}

const resultsOf = (out: string): Results =>
  parseResults(JSON.parse(readFileSync(join(scratch, out, 'cotformer/smoke/results.json'), 'utf8')))
const numbers = (results: Results) => results.runs.map(({ arm, seed, metrics }) => ({ arm, seed, metrics }))

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

test(
  'the smoke preset runs from the command to the report; --json leaves only results on standard output',
  { timeout: patience },
  async () => {
    const { code, stdout, stderr } = await start('whole', '--json').finished
    expect(code, stderr).toBe(0)
    const printed = parseResults(JSON.parse(stdout))
    expect(printed).toEqual(resultsOf('whole'))
    const total = printed.runs.length
    expect(total).toBe(printed.arms.length * 2)
    expect(printed.runs.every(({ status }) => status === 'done')).toBe(true)
    expect(printed.claims.map(({ id }) => id)).toEqual(expect.arrayContaining(['A', 'B', 'B-size', 'C', 'D0']))
    expect(printed.claims.filter(({ verdict }) => verdict !== 'inconclusive')).toEqual([])
    expect(stderr).toMatch(new RegExp(`${total} runs × [\\d.]+ s / 2 processes ≈`))
    expect(stderr).toMatch(/report +.*report\.html/)
    const report = readFileSync(join(scratch, 'whole/cotformer/smoke/report.html'), 'utf8')
    expect(report).toContain('CoTFormer 1×2')
    expect(report).toContain(`folder ${data}`)
  },
)

test(
  'killed at a random moment and started again, a study ends with the same numbers',
  { timeout: patience },
  async () => {
    const total = resultsOf('whole').runs.length
    const afterRuns = Math.floor(Math.random() * (total - 1))
    const wait = Math.random() * 250
    const killed = start('killed')
    await until(
      () =>
        new RegExp(`^${Math.max(1, afterRuns)}/${total}`, 'm').test(killed.text()) || killed.child.exitCode !== null,
    )
    await new Promise((resolve) => setTimeout(resolve, wait))
    process.kill(-killed.child.pid!, 'SIGKILL')
    await killed.finished
    const again = await start('killed').finished
    expect(again.code, again.stderr).toBe(0)
    expect(again.stdout).toMatch(/finished runs? found/)
    expect(numbers(resultsOf('killed')), `killed ${wait} ms after run ${afterRuns}`).toEqual(
      numbers(resultsOf('whole')),
    )
  },
)

test(
  'Ctrl-C stops with what is done kept, says how to go on, and going on ends with the same numbers',
  { timeout: patience },
  async () => {
    const stopped = start('stopped')
    await until(() => /^2\/\d/m.test(stopped.text()) || stopped.child.exitCode !== null)
    // Twice at once, as npm and the terminal send it.
    process.kill(stopped.child.pid!, 'SIGINT')
    process.kill(stopped.child.pid!, 'SIGINT')
    const first = await stopped.finished
    expect(first.code).toBe(1)
    expect(first.stdout).toMatch(/Stopped with \d+ runs? still to do/)
    expect(first.stdout).toContain('npm start -- cotformer --preset smoke')
    expect(resultsOf('stopped').missing.length).toBeGreaterThan(0)
    const again = await start('stopped').finished
    expect(again.code, again.stderr).toBe(0)
    expect(numbers(resultsOf('stopped'))).toEqual(numbers(resultsOf('whole')))
  },
)

test('shards of a job array, put together by report, are the whole study', { timeout: patience }, async () => {
  expect((await start('shards', '--shard', '2/2').finished).code).toBe(0)
  expect(resultsOf('shards').missing).toHaveLength(resultsOf('whole').runs.length / 2)
  expect((await start('shards', '--shard', '1/2').finished).code).toBe(0)
  const settings = [
    '--preset',
    'smoke',
    '--out',
    join(scratch, 'shards'),
    '--cache',
    join(scratch, 'cache'),
    '--data',
    data,
  ]
  const merged = await launch(['report', 'cotformer', ...settings]).finished
  expect(merged.code, merged.stderr).toBe(0)
  expect(numbers(resultsOf('shards'))).toEqual(numbers(resultsOf('whole')))
  const gallery = await launch(['gallery', '--out', join(scratch, 'shards')]).finished
  expect(gallery.code, gallery.stderr).toBe(0)
  expect(existsSync(join(scratch, 'shards/gallery.html'))).toBe(true)
})

test('the process of a wrong command ends with 2', { timeout: patience }, async () => {
  const unknown = await launch(['nosuch']).finished
  expect(unknown.code).toBe(2)
  expect(unknown.stderr).toContain('did you mean')
})
