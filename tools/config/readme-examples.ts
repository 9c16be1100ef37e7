import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A runnable block of a README. */
export interface ReadmeExample {
  /** Line of the opening fence, from 1. */
  readonly line: number
  readonly code: string
  /** The text after each `// →`: lines that the example must print, in this order. */
  readonly expected: readonly string[]
}

/**
 * The runnable examples of a Markdown text: blocks whose fence is exactly "```ts".
 *
 * A block that only shows a shape carries one word more ("```ts sketch") and is not run. `console.log(x) // → 3` says
 * what the line prints.
 */
export function extractExamples(markdown: string): ReadmeExample[] {
  const examples: ReadmeExample[] = []
  const lines = markdown.split('\n')
  for (let index = 0; index < lines.length; index++) {
    const fence = /^```(\S*)(.*)$/.exec(lines[index].trimEnd())
    if (fence === null) continue
    const start = index + 1
    index = lines.findIndex((line, at) => at >= start && line.trimEnd() === '```')
    if (index < 0) throw new Error(`The code block that opens on line ${start} is never closed.`)
    if (fence[1] !== 'ts' || fence[2] !== '') continue
    const block = lines.slice(start, index)
    const expected = block.flatMap((line) => /\/\/ → (.*)$/.exec(line)?.[1].trim() ?? [])
    examples.push({ line: start, code: block.join('\n'), expected })
  }
  return examples
}

/** The first expected line that was not printed in its turn, or undefined when all were. */
export function missingOutput(expected: readonly string[], printed: readonly string[]): string | undefined {
  let next = 0
  for (const line of printed) if (next < expected.length && line.trim() === expected[next]) next++
  return expected[next]
}

interface ModulePlugin {
  readonly name: string
  readonly enforce: 'pre'
  resolveId(id: string): string | undefined
  load(id: string): string | undefined
}

/** A Vite plugin that makes a package's README.md a test file: one test for each runnable example. */
export function readmeTests(packageRoot: string): ModulePlugin {
  const readme = join(packageRoot, 'README.md')
  const exampleId = (index: number): string => join(packageRoot, `README.example-${index}.ts`)
  const read = (): ReadmeExample[] => extractExamples(readFileSync(readme, 'utf8'))
  return {
    name: 'lemanic:readme-tests',
    enforce: 'pre',
    resolveId: (id) => (id.startsWith(join(packageRoot, 'README.example-')) ? id : undefined),
    load(id) {
      if (id.split('?')[0] === readme) return testModule(read(), exampleId)
      const example = /README\.example-(\d+)\.ts$/.exec(id.split('?')[0])
      return example === null ? undefined : read()[Number(example[1])].code
    },
  }
}

function testModule(examples: readonly ReadmeExample[], exampleId: (index: number) => string): string {
  const self = JSON.stringify(fileURLToPath(import.meta.url))
  const tests = examples.map(
    ({ line, expected }, index) => `
test('README example on line ${line}', async () => {
  const printed = []
  const log = vi.spyOn(console, 'log').mockImplementation((...values) => { printed.push(...format(...values).split('\\n')) })
  const before = process.cwd()
  const scratch = mkdtempSync(join(tmpdir(), 'readme-'))
  process.chdir(scratch)
  try {
    await import(${JSON.stringify(exampleId(index))})
    // an example may print after its module is loaded: its main() is not awaited
    const expected = ${JSON.stringify(expected)}
    await vi.waitFor(() => { if (missingOutput(expected, printed) !== undefined) throw new Error() }, 10_000).catch(() => undefined)
  } finally {
    process.chdir(before)
    log.mockRestore()
    rmSync(scratch, { recursive: true, force: true })
  }
  expect(missingOutput(${JSON.stringify(expected)}, printed), 'expected output among:\\n' + printed.join('\\n')).toBeUndefined()
})`,
  )
  return `
import { expect, test, vi } from 'vitest'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { format } from 'node:util'
import { missingOutput } from ${self}
test('README has an example that runs', () => { expect(${examples.length}).toBeGreaterThan(0) })
${tests.join('\n')}
`
}
