import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { summarize } from './bench.js'
import { ResultFile } from './result-file.js'
import type { BenchFile } from './tables.js'

const folder = mkdtempSync(join(tmpdir(), 'lemanic-bench-'))
afterAll(() => rmSync(folder, { recursive: true }))

const machine: BenchFile['machine'] = {
  cpu: 'a processor',
  cores: 2,
  threads: 2,
  memoryGiB: 8,
  node: '20.0.0',
  platform: 'linux-x64',
  instructionSets: { native: 'avx2+fma' },
  peaks: { avx2: 100 },
  date: '2026-01-01',
  command: 'npm run bench --',
}
const read = (path: string): BenchFile => JSON.parse(readFileSync(path, 'utf8')) as BenchFile
const both = (bench: string) => [
  summarize(bench, 'native', 'tokens/s', [30]),
  summarize(bench, 'pytorch', 'tokens/s', [10]),
]

describe('a file of results', () => {
  it('is written after each bench, with ratios, and resumed', () => {
    const path = join(folder, 'a.json')
    const first = new ResultFile(path, machine, ['pytorch'], true)
    first.add(both('one'))
    expect(read(path)).toEqual({
      machine,
      results: both('one'),
      ratios: [{ bench: 'one', backend: 'native', peer: 'pytorch', ratio: 3 }],
    })
    const second = new ResultFile(path, { ...machine, date: '2026-01-02', peaks: {} }, ['pytorch'], true)
    expect([second.has('one'), second.has('two')]).toEqual([true, false])
    expect(second.peaks).toEqual({ avx2: 100 })
    second.add(both('two'))
    expect(read(path).results.map(({ bench }) => bench)).toEqual(['one', 'one', 'two', 'two'])
    expect(read(path).ratios).toHaveLength(2)
  })

  it('begins anew without resume', () => {
    const path = join(folder, 'b.json')
    new ResultFile(path, machine, [], false).add(both('one'))
    expect(new ResultFile(path, machine, [], false).has('one')).toBe(false)
  })

  it('is not resumed on another machine or with other backends', () => {
    const path = join(folder, 'c.json')
    new ResultFile(path, machine, [], false).add(both('one'))
    expect(() => new ResultFile(path, { ...machine, threads: 1 }, [], true)).toThrow(/threads 2, this run 1/)
    expect(() => new ResultFile(path, { ...machine, instructionSets: {} }, [], true)).toThrow(/has the backends/)
  })
})
