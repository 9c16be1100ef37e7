import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Environment } from '@lemanic/eval'
import { describeEnvironment } from '@lemanic/eval/node'
import { packageClosure } from './source-fingerprint.js'

/** The machine, the code and the settings of a study, for results.json. */
export function captureEnvironment(options: {
  readonly packageName: string
  readonly backend: string
  readonly threads: number
  readonly processes: number
}): Environment {
  const closure = packageClosure(options.packageName, import.meta.url)
  return describeEnvironment({
    commit: describeCommit(fileURLToPath(new URL('..', import.meta.url))),
    backend: options.backend,
    threads: options.threads,
    processes: options.processes,
    versions: Object.fromEntries(closure.map(({ name, version }) => [name, version])),
    startedAt: new Date().toISOString(),
  })
}

/** The commit of the work tree that holds `folder`, with "+changes" where tracked files differ; "unknown" outside git. */
export function describeCommit(folder: string): string {
  const git = (...words: string[]) =>
    execFileSync('git', words, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    }).trim()
  try {
    const commit = git('rev-parse', 'HEAD')
    return git('status', '--porcelain', '--untracked-files=no') === '' ? commit : `${commit}+changes`
  } catch {
    return 'unknown'
  }
}
