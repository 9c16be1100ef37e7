import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { loadAddon, nativeLoadError, outdatedError } from './load-addon.js'
import { sourceDigest } from './source-digest.js'

const folder = mkdtempSync(join(tmpdir(), 'lemanic-sources-'))
afterAll(() => rmSync(folder, { recursive: true }))

const sourcesOf = (name: string, files: Readonly<Record<string, string>>): URL => {
  mkdirSync(join(folder, name))
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, name, file), text)
  return pathToFileURL(`${join(folder, name)}/`)
}

describe('the digest of the sources', () => {
  test('knows a changed line and a changed name, not how lines end', () => {
    const digest = sourceDigest(sourcesOf('a', { 'x.cc': 'one\ntwo\n' }))
    expect(digest).toMatch(/^[0-9a-f]{16}$/)
    expect(sourceDigest(sourcesOf('b', { 'x.cc': 'one\r\ntwo\r\n' }))).toBe(digest)
    expect(sourceDigest(sourcesOf('c', { 'x.cc': 'one\nthree\n' }))).not.toBe(digest)
    expect(sourceDigest(sourcesOf('d', { 'y.cc': 'one\ntwo\n' }))).not.toBe(digest)
  })

  test('is undefined where there are none', () => {
    expect(sourceDigest(pathToFileURL(`${folder}/nothing/`))).toBeUndefined()
  })

  test.skipIf(nativeLoadError() !== undefined)('is the one that the build wrote into the addon', () => {
    expect(loadAddon().sources()).toBe(sourceDigest(new URL('./native/', import.meta.url)))
  })
})

describe('an addon of other sources', () => {
  const path = '../build/linux-x64/lemanic.node'

  test('is refused with the way to build it again', () => {
    for (const addon of [{}, { sources: () => '0123456789abcdef' }]) {
      expect(outdatedError(path, addon, 'fedcba9876543210')).toMatchObject({
        code: 'engine-outdated',
        message: expect.stringMatching(/lemanic\.node was built from other sources .*: npm run build:native/),
      })
    }
    expect(outdatedError(path, { sources: () => 'fedcba9876543210' }, 'fedcba9876543210')).toBeUndefined()
  })

  test('from a package is refused when it does not say, and taken when there is nothing to compare', () => {
    const name = '@lemanic/tensor-native-linux-x64'
    expect(outdatedError(name, {}, undefined)?.message).toContain('install it in the version of @lemanic/tensor-native')
    expect(outdatedError(name, { sources: () => '0123456789abcdef' }, undefined)).toBeUndefined()
  })
})
