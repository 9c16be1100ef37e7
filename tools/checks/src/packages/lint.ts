import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { repositoryRoot } from '../workspaces.js'
import type { Packed } from './pack.js'
import { describeFailure, run } from './run.js'

/** What publint, arethetypeswrong and our own rules say about one tarball. */
export async function lintTarball({ workspace, tarball }: Packed): Promise<string[]> {
  const { name } = workspace.manifest
  const problems: string[] = []
  const bytes = readFileSync(tarball)
  const { messages, pkg } = await publint({
    pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
    strict: true,
  })
  for (const message of messages)
    problems.push(`${name}: publint: ${formatMessage(message, pkg as never, { color: false })}`)
  if (JSON.stringify(pkg).includes('@lemanic/source'))
    problems.push(`${name}: the packed package.json still has the source condition`)
  for (const script of ['preinstall', 'install', 'postinstall']) {
    if ((pkg as { scripts?: Record<string, string> }).scripts?.[script] !== undefined)
      problems.push(`${name}: published with a "${script}" script`)
  }
  const attw = join(repositoryRoot, 'node_modules/.bin/attw')
  const outcome = await run(attw, [tarball, '--profile', 'node16', '--no-color', '--no-emoji'], { cwd: repositoryRoot })
  if (outcome.code !== 0) problems.push(describeFailure(`${name}: are the types wrong`, outcome))
  return problems
}
