import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { captureEnvironment, describeCommit } from './run-environment.js'

const folder = mkdtempSync(join(tmpdir(), 'commit-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a commit is named, with a mark where tracked files differ; outside git it is unknown', () => {
  expect(describeCommit(folder)).toBe('unknown')
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...words], { cwd: folder, stdio: 'pipe' })
  git('init', '-q')
  writeFileSync(join(folder, 'a.txt'), 'one')
  git('add', 'a.txt')
  git('commit', '-q', '-m', 'one')
  expect(describeCommit(folder)).toMatch(/^[0-9a-f]{40}$/)
  writeFileSync(join(folder, 'untracked.txt'), 'does not count')
  expect(describeCommit(folder)).toMatch(/^[0-9a-f]{40}$/)
  writeFileSync(join(folder, 'a.txt'), 'two')
  expect(describeCommit(folder)).toMatch(/^[0-9a-f]{40}\+changes$/)
})

test('the environment names machine, backend and the versions of the packages that runs use', () => {
  const environment = captureEnvironment({
    packageName: '@lemanic/app-cotformer',
    backend: 'cpu',
    threads: 1,
    processes: 2,
  })
  expect(environment).toMatchObject({ backend: 'cpu', threads: 1, processes: 2, node: process.versions.node })
  expect(Object.keys(environment.versions)).toContain('@lemanic/transformer')
  expect(environment.cores).toBeGreaterThan(0)
})
