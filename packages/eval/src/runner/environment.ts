import { cpus, totalmem } from 'node:os'
import type { Environment } from '../study/results.js'

/**
 * Describes the machine that a study runs on.
 *
 * The caller names what a library cannot know: the commit of its code, the backend, threads and processes in use, the
 * versions of its packages, and when it started (ISO 8601). Processor, memory, platform and Node are read here.
 */
export function describeEnvironment(facts: {
  readonly commit: string
  readonly backend: string
  readonly threads: number
  readonly processes: number
  readonly versions: Readonly<Record<string, string>>
  readonly startedAt?: string
}): Environment {
  const processors = cpus()
  return {
    commit: facts.commit,
    node: process.versions.node,
    backend: facts.backend,
    threads: facts.threads,
    processes: facts.processes,
    cpu: processors[0]?.model.trim() || 'unknown processor',
    cores: Math.max(1, processors.length),
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    versions: { ...facts.versions },
    ...(facts.startedAt === undefined ? {} : { startedAt: facts.startedAt }),
  }
}
