import { expect, test } from 'vitest'
import { benchTables, type BenchFile } from './tables.js'
import { targetOf } from './targets.js'

const row = (backend: string, median: number) => ({
  bench: 'training step of a GPT, 12.3 M parameters',
  backend,
  unit: 'tokens/s',
  median,
  min: median,
  max: median,
  rounds: 7,
})

const file = (ratio: number): BenchFile => ({
  machine: {
    cpu: 'a processor',
    cores: 2,
    threads: 2,
    memoryGiB: 8,
    node: '20',
    platform: 'linux-x64',
    instructionSets: { native: 'avx2+fma' },
    peaks: {},
    date: '2026-01-01',
    command: 'npm run bench --',
  },
  results: [row('native', 100 * ratio), row('pytorch 2', 100)],
  ratios: [{ bench: row('native', 1).bench, backend: 'native', peer: 'pytorch 2', ratio }],
})

test('a missed target stays in the table, marked', () => {
  expect(benchTables([file(1.1)])).toMatch(/\| native \| 110 tokens\/s .*\| 1\.10 \|.*1\.2 ✗ \*\*missed\*\*/)
  expect(benchTables([file(1.3)])).toContain('1.2 ✓')
})

test('TensorFlow.js has a column of its own', () => {
  const plain = file(1.3)
  const ratio = { bench: row('native', 1).bench, backend: 'native', peer: 'tfjs-wasm 4', ratio: 29.1 }
  expect(benchTables([{ ...plain, ratios: [...plain.ratios, ratio] }])).toMatch(/\| 1\.30 \|  \| 29\.10 \| 1\.2 ✓/)
})

test('the MLP with the target is the small one', () => {
  expect(targetOf('training step of an MLP 784-200-10, batch 32')).toBe(3)
  expect(targetOf('training step of an MLP 784-512-10, batch 256')).toBeUndefined()
})

test('products have a target from 256 up and in the shapes of training', () => {
  expect(targetOf('matmul 128×128 · 128×128')).toBeUndefined()
  expect(targetOf('matmul 256×256 · 256×256')).toBe(1)
  expect(targetOf('matmul 1024×64 · 64×256ᵀ')).toBe(1)
  expect(targetOf('add of 16 numbers')).toBeUndefined()
})
