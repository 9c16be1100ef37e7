import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { repositoryRoot } from './workspaces.js'

const original = JSON.stringify({
  name: 'x',
  scripts: { test: 'true' },
  nx: {},
  exports: { '.': { '@lemanic/source': './src/index.ts', import: './dist/index.js' } },
})
let root: string
let folder: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'manifest-'))
  folder = join(root, 'packages/x')
  mkdirSync(folder, { recursive: true })
  cpSync(join(repositoryRoot, 'tools/pack'), join(root, 'tools/pack'), { recursive: true })
  writeFileSync(join(root, 'LICENSE'), 'a licence')
  writeFileSync(join(folder, 'package.json'), original)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const manifest = (...verb: string[]): number | null =>
  spawnSync(process.execPath, ['../../tools/pack/manifest.mjs', ...verb], { cwd: folder }).status
const read = (): string => readFileSync(join(folder, 'package.json'), 'utf8')

test('strip removes what users must not see, restore puts all back', () => {
  expect(manifest('strip')).toBe(0)
  expect(JSON.parse(read())).toEqual({ name: 'x', exports: { '.': { import: './dist/index.js' } } })
  expect(readFileSync(join(folder, 'LICENSE'), 'utf8')).toBe('a licence')
  expect(manifest('restore')).toBe(0)
  expect(read()).toBe(original)
  expect(existsSync(join(folder, 'LICENSE'))).toBe(false)
})

test('an interrupted pack loses nothing', () => {
  manifest('strip')
  manifest('strip')
  manifest('restore')
  expect(read()).toBe(original)
})

test('refuses another verb', () => expect(manifest('pack')).toBe(2))
