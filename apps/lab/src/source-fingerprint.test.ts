import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { packageClosure, sourceFingerprint } from './source-fingerprint.js'

const root = mkdtempSync(join(tmpdir(), 'fingerprint-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

function writePackage(name: string, dependencies: Record<string, string>, files: Record<string, string>): void {
  const folder = join(root, 'node_modules', name)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '1.2.3', dependencies }))
}

test('the closure holds the packages of this repository that a study needs, however deep', () => {
  const names = packageClosure('@lemanic/app-cotformer', import.meta.url).map(({ name }) => name)
  expect(names).toEqual([
    '@lemanic/app-cotformer',
    '@lemanic/curriculum',
    '@lemanic/eval',
    '@lemanic/tensor-core',
    '@lemanic/tensor-native',
    '@lemanic/transformer',
  ])
})

test('only sources that can change a run change the fingerprint', () => {
  writePackage(
    '@lemanic/study',
    { '@lemanic/deep': '1.2.3', 'not-ours': '1.0.0' },
    { 'src/run.ts': 'a', 'src/run.test.ts': 't', 'src/report/figures.ts': 'f', 'README.md': 'r' },
  )
  writePackage('@lemanic/deep', {}, { 'src/kernel.cc': 'c' })
  const from = join(root, 'start.ts')
  const take = () => sourceFingerprint('@lemanic/study', from)
  const write = (path: string, content: string) => writeFileSync(join(root, 'node_modules', path), content)
  const first = take()
  expect(first).toMatch(/^[0-9a-f]{16}$/)
  write('@lemanic/study/src/run.test.ts', 'changed')
  write('@lemanic/study/src/report/figures.ts', 'changed')
  write('@lemanic/study/README.md', 'changed')
  expect(take()).toBe(first)
  write('@lemanic/deep/src/kernel.cc', 'changed')
  const second = take()
  expect(second).not.toBe(first)
  write('@lemanic/study/src/run.ts', 'changed')
  expect(take()).not.toBe(second)
  cpSync(join(root, 'node_modules/@lemanic/study/src/run.ts'), join(root, 'node_modules/@lemanic/study/src/added.ts'))
  expect(take()).not.toBe(second)
})
