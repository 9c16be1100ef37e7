import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { linkProblems } from './links.js'
import { markdownAnchors, markdownLinks } from './markdown.js'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'links-'))
  mkdirSync(join(root, 'docs'))
  writeFileSync(join(root, 'docs/page.md'), '# A page\n\n## Its `code` & more\n')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function problems(markdown: string): string[] {
  writeFileSync(join(root, 'README.md'), markdown)
  return linkProblems(root, ['README.md'])
}

test('links that lead somewhere pass', () => {
  expect(
    problems(
      [
        '# Top',
        '[file](docs/page.md), [folder](docs), [anchor](docs/page.md#its-code--more), [here](#top)',
        '[absolute](/docs/page.md) <img src="docs/page.md"> [web](https://example.org/none) [mail](mailto:a@b.c)',
        '`[code](none.md)`',
        '```md\n[block](none.md)\n```',
        '[titled](docs/page.md "a title")',
      ].join('\n'),
    ),
  ).toEqual([])
})

test.each([
  ['[a](none.md)', /README.md:1: link "none.md": there is no none.md/],
  ['\n\n[a](docs/page.md#nowhere)', /README.md:3.*docs\/page.md has no heading #nowhere/],
  ['[a](../outside.md)', /leaves the repository/],
  ['![image](docs/none.png)', /there is no docs\/none.png/],
  ['[ref]: docs/none.md', /there is no docs\/none.md/],
  ['<a href="#none">x</a>', /has no heading #none/],
])('%j is a problem', (markdown, message) => {
  const found = problems(markdown)
  expect(found).toHaveLength(1)
  expect(found[0]).toMatch(message)
})

test('anchors are those that GitHub makes', () => {
  expect([
    ...markdownAnchors(
      '# It\'s C++ & *more*\n## Twice\n## Twice\n## [A link](x.md)\n```\n# not a heading\n```\n<a id="own"></a>',
    ),
  ]).toEqual(['its-c--more', 'twice', 'twice-1', 'a-link', 'own'])
})

test('links know their line', () => {
  expect(markdownLinks('x\n[a](b.md) and [c](d.md)')).toEqual([
    { target: 'b.md', line: 2 },
    { target: 'd.md', line: 2 },
  ])
})
