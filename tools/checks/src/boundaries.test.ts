import { createProjectGraphAsync } from '@nx/devkit'
import { ESLint } from 'eslint'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { readWorkspaces, repositoryRoot } from './workspaces.js'

const RULE = '@nx/enforce-module-boundaries'

/** What the boundary rule, configured as for everyone, says about one line of code in a package's source folder. */
async function boundaryMessages(workspace: string, code: string): Promise<string[]> {
  const eslint = new ESLint({
    cwd: repositoryRoot,
    overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
    ruleFilter: ({ ruleId }) => ruleId === RULE,
  })
  const [{ messages, fatalErrorCount }] = await eslint.lintText(code, {
    filePath: join(repositoryRoot, workspace, 'src/boundary-probe.ts'),
  })
  expect(fatalErrorCount).toBe(0)
  return messages.filter(({ ruleId }) => ruleId === RULE).map(({ message }) => message)
}

beforeAll(async () => {
  // Without a cached project graph the rule skips itself without an error; a fresh clone has none.
  await createProjectGraphAsync({ exitOnError: true })
}, 120_000)

test.each([
  ['packages/tensor-native', '@lemanic/tensor-core'],
  ['packages/tensor-core', '@lemanic/transformer'],
  ['packages/transformer', '@lemanic/tensor-native'],
  ['packages/curriculum', '@lemanic/transformer'],
  ['packages/data-curation', '@lemanic/tensor-core'],
  ['packages/eval', '@lemanic/tensor-core'],
  ['packages/compression', '@lemanic/app-lab'],
  ['apps/cotformer', '@lemanic/app-lab'],
])('%s may not import %s', async (workspace, target) => {
  const messages = await boundaryMessages(workspace, `import { anything } from '${target}'\nanything()\n`)
  expect(messages.join()).toMatch(/project tagged with|Circular dependency/)
})

test.each([
  ['packages/tensor-core', '@lemanic/tensor-native'],
  ['packages/summarization', '@lemanic/transformer'],
  ['packages/summarization', '@lemanic/tensor-core'],
  ['apps/lab', '@lemanic/app-cotformer'],
  ['apps/cotformer', '@lemanic/eval'],
])('%s may import %s', async (workspace, target) => {
  expect(await boundaryMessages(workspace, `import { anything } from '${target}'\nanything()\n`)).toEqual([])
})

test('another project is imported by its name, never by a path', async () => {
  const messages = await boundaryMessages(
    'packages/transformer',
    `import { x } from '../../tensor-core/src/index.js'\nx()\n`,
  )
  expect(messages).toHaveLength(1)
})

test('every workspace has a tag that the rule knows', async () => {
  const eslint = new ESLint({ cwd: repositoryRoot })
  const config = await eslint.calculateConfigForFile(join(repositoryRoot, 'packages/eval/src/index.ts'))
  const [, { depConstraints }] = config.rules[RULE] as [number, { depConstraints: { sourceTag: string }[] }]
  for (const { manifest } of readWorkspaces()) {
    const tag = manifest.nx?.tags?.[0] ?? ''
    const known = depConstraints.some(({ sourceTag }) => new RegExp(`^${sourceTag.replace('*', '.+')}$`).test(tag))
    expect(known, `${manifest.name}: ${tag}`).toBe(true)
  }
})
