/** Agreement with Python's tokenizers; `tools/parity/tokenizer-families-golden.py` wrote table and values. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CharacterMap } from './character-map.js'
import { HubTokenizer } from './hub-tokenizer.js'

interface Golden {
  readonly probes: readonly string[]
  readonly families: readonly {
    readonly name: string
    readonly normalized: readonly string[]
    readonly file: { readonly normalizer: { readonly normalizers: readonly { precompiled_charsmap: string }[] } }
  }[]
}
const golden = JSON.parse(readFileSync(new URL('fixtures/families-golden.json', import.meta.url), 'utf8')) as Golden
const family = golden.families.find(({ name }) => name.includes('table of replacements'))!
const table = family.file.normalizer.normalizers[0]!.precompiled_charsmap

test('replaces what the table says, graphemes before characters, as Python does', () => {
  const map = new CharacterMap(table)
  golden.probes.forEach((probe, i) => {
    expect(map.normalize(probe).replace(/ {2,}/g, '▁'), JSON.stringify(probe)).toBe(family.normalized[i]) // the second normalizer
  })
  expect(map.normalize('\0a\0')).toBe('\0a\0')
})

test.each([
  [undefined, /got undefined/],
  ['*', /not base64/],
  ['', /0 bytes/],
  ['/////w==', /4 bytes, of which a trie would take 4294967295/],
])('a table that is none is refused: %j', (value, message) => {
  expect(() => new CharacterMap(value)).toThrow(message)
  const file = { ...family.file, normalizer: { type: 'Precompiled', precompiled_charsmap: value } }
  expect(() => new HubTokenizer(file)).toThrow(message)
})
