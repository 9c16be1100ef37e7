import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LemanicError } from '@lemanic/tensor-core'
import type { Options } from '../options.js'
import type { Terminal } from '../terminal.js'

/**
 * Runs the benchmarks of `tools/bench` in a process of their own, which measures with nothing else loaded; with --json
 * its table goes to standard error and the measurements to standard output.
 */
export async function benchVerb(
  options: Options,
  terminal: Terminal,
  main = new URL('../../../../tools/bench/src/main.ts', import.meta.url),
): Promise<0 | 1> {
  const path = fileURLToPath(main)
  if (!existsSync(path)) {
    throw new LemanicError('bench-missing', `Expected the benchmarks at ${path}, found no such file.`, {
      fields: { path },
      help: 'this version of the repository brings no benchmarks; take one that has tools/bench',
    })
  }
  const scratch = mkdtempSync(join(tmpdir(), 'lemanic-bench-'))
  try {
    const file = join(scratch, 'measurements.json')
    const words = (['only', 'rounds', 'threads', 'backend'] as const).flatMap((name) =>
      options[name] === undefined ? [] : [`--${name}`, String(options[name])],
    )
    if (options.json) words.push('--json', file)
    const code = await runNode([path, ...words], options.json)
    if (options.json && code === 0) terminal.print(readFileSync(file, 'utf8').trim())
    return code
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function runNode(words: readonly string[], outputToStderr: boolean): Promise<0 | 1> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, ...words], {
      stdio: ['inherit', outputToStderr ? process.stderr : 'inherit', 'inherit'],
    })
    child.on('error', reject)
    child.on('exit', (code) => resolve(code === 0 ? 0 : 1))
  })
}
