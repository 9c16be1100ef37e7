import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { joinWorld } from '../join-world.js'
import { newCounterFile } from '../test-worlds.js'
import { OpenMpi } from './open-mpi.js'

const program = fileURLToPath(new URL('../test-rank.ts', import.meta.url))

/** Why the suite cannot run here; undefined when it can. */
async function absence(): Promise<string | undefined> {
  if (spawnSync('mpirun', ['--version']).error !== undefined) return 'mpirun is not here (apt-get install openmpi-bin)'
  return OpenMpi.load(undefined).then(
    () => undefined,
    (error: Error) => error.message,
  )
}

const why = await absence()
// CI installs Open MPI and must not skip: there an absence is a failure.
const isExpected = process.env.LEMANIC_EXPECT_MPI === '1'
if (why !== undefined) console.warn(`SKIPPED: the suite of collectives over Open MPI. ${why}`)

function mpirun(
  ranks: number,
  parameters: string[],
  environment: Record<string, string> = {},
): Promise<{ code: number | null; lines: string[] }> {
  // Root and few cores, as in CI's container, are what mpirun is reluctant about.
  const isRoot = process.getuid?.() === 0
  const command = ['-n', String(ranks), '--oversubscribe', ...(isRoot ? ['--allow-run-as-root'] : [])]
  const node = [process.execPath, '--conditions=@lemanic/source', '--import', 'tsx', program]
  return new Promise((resolve, reject) => {
    const child = spawn('mpirun', [...command, ...node, ...parameters], { env: { ...process.env, ...environment } })
    let text = ''
    child.stdout.on('data', (part: Buffer) => (text += part.toString()))
    child.stderr.on('data', (part: Buffer) => (text += part.toString()))
    child.once('error', reject)
    child.once('close', (code) =>
      resolve({
        code,
        lines: text
          .split('\n')
          .filter((line) => line !== '')
          .sort(),
      }),
    )
  })
}

test.runIf(isExpected)('Open MPI is here, as this environment says', () => expect(why).toBeUndefined())

describe.skipIf(why !== undefined)('over Open MPI', () => {
  test.each([2, 4])(
    '%d ranks hold the contract of collectives',
    async (ranks) => {
      const { code, lines } = await mpirun(ranks, ['contract', newCounterFile()])
      expect(lines).toEqual(
        Array.from({ length: ranks }, (_, rank) => `rank ${rank} of ${ranks} over mpi: contract held`),
      )
      expect(code).toBe(0)
    },
    120_000,
  )

  test('3 ranks hold it with the sums of MPI_Allreduce', async () => {
    const { code, lines } = await mpirun(3, ['contract', newCounterFile()], { LEMANIC_ORDER: 'transport' })
    expect(lines.join('\n')).toMatch(/rank 2 of 3 over mpi: contract held/)
    expect(code).toBe(0)
  }, 120_000)

  test.each(['function', 'length'])(
    'ranks that call another %s all hear of it',
    async (how) => {
      const { lines } = await mpirun(3, ['mismatch', how])
      expect(lines.filter((line) => line.endsWith('mismatch held'))).toHaveLength(3)
    },
    120_000,
  )

  test('one that dies ends the run, and mpirun names it', async () => {
    const { code, lines } = await mpirun(3, ['lose'])
    expect(code).not.toBe(0)
    expect(lines.join('\n')).toMatch(/rank 1 .*exited on\s+signal 9/)
  }, 120_000)
})

test('where the library is not, the error has the line that installs it', async () => {
  await expect(joinWorld({ transport: 'mpi', library: '/no/such/libmpi.so' })).rejects.toMatchObject({
    code: 'mpi-missing',
    message: expect.stringMatching(/no\/such\/libmpi[^]*apt-get install openmpi-bin libopenmpi3/) as string,
  })
  await expect(joinWorld({ transport: 'mpi', library: 'libc.so.6' })).rejects.toThrow(
    /another MPI.*ompi_mpi_comm_world/,
  )
})
