import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { LemanicError } from '@lemanic/tensor-core'
import type { Options } from '../options.js'

/** Runs the benchmarks of `tools/bench` in a process of their own, which measures with nothing else loaded. */
export async function benchVerb(
  options: Options,
  main = new URL('../../../../tools/bench/main.ts', import.meta.url),
): Promise<0 | 1> {
  const path = fileURLToPath(main)
  if (!existsSync(path)) {
    throw new LemanicError('bench-missing', `Expected the benchmarks at ${path}, found no such file.`, {
      fields: { path },
      help: 'this version of the repository brings no benchmarks; take one that has tools/bench',
    })
  }
  const words = [
    ...(options.backend === undefined ? [] : ['--backend', options.backend]),
    ...(options.rounds === undefined ? [] : ['--rounds', String(options.rounds)]),
    ...(options.json ? ['--json', '-'] : []),
  ]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, path, ...words], { stdio: 'inherit' })
    child.on('error', reject)
    child.on('exit', (code) => resolve(code === 0 ? 0 : 1))
  })
}
