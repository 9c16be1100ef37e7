import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { shapeProblems } from './shape.js'
import { repositoryRoot } from './workspaces.js'

const skipped = new Set(['node_modules', 'dist', 'build', 'out'])
let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'shape-'))
  mkdirSync(join(root, 'apps'))
  cpSync(join(repositoryRoot, 'packages/data-curation'), join(root, 'packages/data-curation'), {
    recursive: true,
    filter: (path) => !skipped.has(basename(path)),
  })
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const path = (file: string): string => join(root, 'packages/data-curation', file)
type Fields = Record<string, never> & {
  exports: Record<string, Record<string, unknown>>
  scripts: Record<string, string>
}

function changeManifest(change: (manifest: Fields) => void): void {
  const manifest = JSON.parse(readFileSync(path('package.json'), 'utf8')) as Fields
  change(manifest)
  writeFileSync(path('package.json'), JSON.stringify(manifest))
}

test('a well-formed package has no problems', () => expect(shapeProblems(root)).toEqual([]))

test.each([
  ['a missing file', () => rmSync(path('CHANGELOG.md')), /CHANGELOG.md is missing/],
  ['a README without a section', () => writeFileSync(path('README.md'), '# x\n'), /no section "## Install"/],
  ['a long file', () => writeFileSync(path('src/long.ts'), 'x\n'.repeat(501)), /src\/long.ts has 501 lines/],
  [
    'side effects',
    () => changeManifest((manifest) => Object.assign(manifest, { sideEffects: true })),
    /"sideEffects" must be false/,
  ],
  [
    'no provenance',
    () => changeManifest((manifest) => Object.assign(manifest, { publishConfig: { access: 'public' } })),
    /"publishConfig" must be/,
  ],
  [
    'a range',
    () => changeManifest((manifest) => Object.assign(manifest, { dependencies: { zod: '^4.0.0' } })),
    /"zod" must be an exact version/,
  ],
  [
    'an install script',
    () => changeManifest(({ scripts }) => Object.assign(scripts, { postinstall: 'x' })),
    /no "postinstall" script/,
  ],
  [
    'another test command',
    () => changeManifest(({ scripts }) => Object.assign(scripts, { test: 'true' })),
    /script "test" must be/,
  ],
  [
    'an entry without types',
    () => changeManifest(({ exports }) => Object.assign(exports['.'], { import: './dist/index.js' })),
    /exports.*"\." *\].*each with its types/,
  ],
])('finds %s', (_, change, message) => {
  change()
  expect(shapeProblems(root).join('\n')).toMatch(message)
})
