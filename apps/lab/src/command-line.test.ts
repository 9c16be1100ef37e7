import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Writable } from 'node:stream'
import { afterAll, expect, test } from 'vitest'
import { runCommandLine } from './command-line.js'
import { studies } from './studies.js'
import { createTerminal } from './terminal.js'
import { benchVerb } from './verbs/bench.js'

const scratch = mkdtempSync(join(tmpdir(), 'lab-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

async function run(...words: string[]) {
  const written = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        written[name] += chunk.toString()
        done()
      },
    })
  const code = await runCommandLine(words, {
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    environment: { CI: '1' },
  })
  return { code, ...written }
}

test('an unknown study or option exits with 2, the nearest word and no stack trace', async () => {
  const study = await run('nosuch')
  expect(study.code).toBe(2)
  expect(study.stderr).toMatch(/unknown study or command: "nosuch"; did you mean "\w+"\?/)
  expect(study.stderr).not.toMatch(/\n\s+at /)
  expect(study.stdout).toBe('')
  const option = await run('cotformer', '--preste', 'smoke')
  expect(option.code).toBe(2)
  expect(option.stderr).toContain('did you mean "--preset"?')
})

test('a study that is planned exits with 1 and one clear message; --debug adds where it came from', async () => {
  const plain = await run('doge')
  expect(plain.code).toBe(1)
  expect(plain.stderr).toContain('The study "doge" is planned and not there yet.')
  expect(plain.stderr).not.toMatch(/\n\s+at /)
  expect((await run('doge', '--debug')).stderr).toMatch(/\n\s+at /)
})

test('missing data name the data set, where it was looked for, and the option', async () => {
  const folder = join(scratch, 'no-such-folder')
  const absent = await run('--preset', 'smoke', '--data', folder, '--out', scratch)
  expect(absent.code).toBe(1)
  expect(absent.stderr).toContain('--data')
  expect(absent.stderr).toContain(folder)
  expect(absent.stderr).not.toMatch(/\n\s+at /)
  const paper = await run('--preset', 'paper', '--out', scratch)
  expect(paper.code).toBe(1)
  expect(paper.stderr).toMatch(/OpenWebText2[\s\S]*--data/)
})

test('the published configuration asks for a GPU before any work', async () => {
  const { code, stderr } = await run('--preset', 'paper', '--data', scratch, '--out', scratch)
  expect(code).toBe(1)
  expect(stderr).toContain('expected a GPU')
})

test('list shows the ten studies with their state', async () => {
  const { code, stdout } = await run('list', '--out', scratch)
  expect(code).toBe(0)
  expect(stdout).toMatch(/cotformer\s+available/)
  expect(stdout).toMatch(/data-ordering\s+available/)
  expect(stdout).toMatch(/personalized-federated\s+available/)
  const planned = studies.filter((study) => study.package === undefined)
  expect(stdout.match(/planned/g) ?? []).toHaveLength(planned.length)
  expect(stdout).toMatch(/layerwise-connectivity\s+available/)
  const rows = JSON.parse((await run('list', '--out', scratch, '--json')).stdout) as {
    name: string
    state: string
    results: string[]
  }[]
  expect(rows).toHaveLength(10)
  expect(rows[0]).toMatchObject({ name: 'cotformer', state: 'available', results: [] })
})

test('doctor names a backend that works', async () => {
  const { code, stdout } = await run('doctor', '--json')
  expect(code).toBe(0)
  const diagnosis = JSON.parse(stdout) as { choice: string; backends: { name: string; works: boolean }[] }
  expect(diagnosis.backends.find(({ name }) => name === diagnosis.choice)?.works).toBe(true)
  expect((await run('doctor')).stdout).toContain(diagnosis.choice)
})

test('help names every verb and every option', async () => {
  const { code, stdout } = await run('--help')
  expect(code).toBe(0)
  for (const word of [
    'cotformer',
    'list',
    'report',
    'gallery',
    'doctor',
    'bench',
    'train',
    'generate',
    'convert',
    '--preset',
    '--seeds',
    '--shard',
    '--data',
    '--debug',
  ])
    expect(stdout).toContain(word)
  expect((await run('gallery', '--help')).stdout).not.toContain('--seeds')
})

test('a gallery without results, and damaged results, are named', async () => {
  const empty = await run('gallery', '--out', join(scratch, 'nothing'))
  expect(empty.code).toBe(1)
  expect(empty.stderr).toContain(join(scratch, 'nothing'))
  expect(empty.stderr).toContain('npm start')
})

test('benchmarks get their options, answer with their exit code, and are one clear message when they are missing', async () => {
  const printed: string[] = []
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = {
    ...createTerminal({ stdout: silent, stderr: silent, environment: {}, json: false }),
    print: (line: string) => void printed.push(line),
  }
  const settings = {
    preset: 'laptop',
    out: 'out',
    cache: 'c',
    debug: false,
    help: false,
    model: {},
    words: [],
  } as const
  const bench = (json: boolean, script: string) =>
    benchVerb({ ...settings, json, only: 'GPT', rounds: 3 }, terminal, pathToFileURL(join(scratch, script)))
  await expect(bench(false, 'absent.ts')).rejects.toThrow(/Expected the benchmarks at .*absent\.ts/)
  writeFileSync(join(scratch, 'failing.mjs'), 'process.exitCode = 3')
  writeFileSync(
    join(scratch, 'fine.mjs'),
    `import { writeFileSync } from 'node:fs'
     const words = process.argv.slice(2)
     const file = words.indexOf('--json') < 0 ? undefined : words[words.indexOf('--json') + 1]
     if (file !== undefined) writeFileSync(file, JSON.stringify(words.slice(0, 4)))`,
  )
  expect(await bench(false, 'failing.mjs')).toBe(1)
  expect(await bench(false, 'fine.mjs')).toBe(0)
  expect(printed).toEqual([])
  expect(await bench(true, 'fine.mjs')).toBe(0)
  expect(printed).toEqual(['["--only","GPT","--rounds","3"]'])
})
