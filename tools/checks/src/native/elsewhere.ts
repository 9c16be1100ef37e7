/** Builds the engine for another machine and runs its tests there, that is in an emulator. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { describeFailure, run } from '../packages/run.js'
import { repositoryRoot } from '../workspaces.js'

export const engine = join(repositoryRoot, 'packages/tensor-native')
const minutes = 60_000

/** Cross-compiles the addon → what went wrong, if something did. */
export async function crossBuild(compiler: string, target: readonly string[]): Promise<string | undefined> {
  const built = await run(process.execPath, ['build.mjs', '--require', ...target], {
    cwd: engine,
    env: { ...process.env, CXX: compiler },
    timeout: 20 * minutes,
  })
  return built.code === 0 ? undefined : describeFailure(`building with ${compiler}`, built)
}

/** One of the programs of this folder as one file, beside the engine's folder of builds, where its loader looks. */
async function bundle(name: string): Promise<string> {
  const outfile = join(engine, 'out', `${name}.mjs`)
  mkdirSync(join(engine, 'out'), { recursive: true })
  await build({
    entryPoints: [join(import.meta.dirname, `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@lemanic/source'],
    alias: { vitest: join(import.meta.dirname, 'vitest-alone.ts') },
    logLevel: 'warning',
  })
  return outfile
}

/** Runs the conformance suite and the engine's own tests by `words`, to which the program is appended → the problems. */
export async function runSuites(words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const [command, ...rest] = words as [string, ...string[]]
  const problems: string[] = []
  for (const name of ['conformance-program', 'kernel-tests-program']) {
    const program = await bundle(name)
    const outcome = await run(command, [...rest, program], {
      cwd: engine,
      env: { ...process.env, ...env },
      timeout: 60 * minutes,
    })
    console.log(`${name}:\n${outcome.stdout.trim()}`)
    if (outcome.code !== 0) problems.push(describeFailure(`${name} by ${command}`, outcome))
  }
  return problems
}
