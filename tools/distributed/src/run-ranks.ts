import { spawn, spawnSync } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { launchRanks } from '@lemanic/compression/collectives'

export type Transport = 'shared-memory' | 'tcp' | 'mpi'

export interface Outcome {
  /** What ranks printed as JSON on a line, by rank. */
  readonly results: { rank: number; worldSize: number; from: number; digest: string; losses: number[] }[]
  readonly output: string
  /** Why the run failed, in words; undefined when it did not. */
  readonly failure: string | undefined
}

/** Is Open MPI's `mpirun` here? */
export function hasMpi(): boolean {
  return spawnSync('mpirun', ['--version']).error === undefined
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Runs a script of this folder on several ranks and collects what they say. */
export async function runRanks(
  transport: Transport,
  ranks: number,
  script: string,
  parameters: readonly string[],
): Promise<Outcome> {
  const program = fileURLToPath(new URL(script, import.meta.url))
  const command = [process.execPath, '--conditions=@lemanic/source', '--import', 'tsx', program, ...parameters]
  const lines: string[] = []
  let failure: string | undefined
  if (transport === 'mpi') {
    // Root and few cores, as in CI's container, are what mpirun is reluctant about.
    const permission = process.getuid?.() === 0 ? ['--allow-run-as-root'] : []
    const child = spawn('mpirun', ['-n', String(ranks), '--oversubscribe', ...permission, ...command])
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (text += part.toString()))
    const code = await new Promise<number | null>((resolve, reject) =>
      child.once('error', reject).once('close', resolve),
    )
    lines.push(...text.split('\n'))
    if (code !== 0) failure = text
  } else {
    await launchRanks({
      ranks,
      transport,
      port: await freePort(),
      command: command as [string, ...string[]],
      environment: process.env,
      onLine: (line) => lines.push(line),
    }).catch((error: Error) => (failure = error.message))
  }
  const results = lines
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Outcome['results'][number])
    .sort((a, b) => a.rank - b.rank)
  return { results, output: lines.join('\n'), failure }
}
