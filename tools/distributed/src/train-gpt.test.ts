import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBackend, disposeParams, train, type TrainOptions, type Tensor } from '@lemanic/tensor-core'
import type { TrainingBatch } from '@lemanic/transformer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gptTraining, type ReducerName } from './gpt.js'
import { hasMpi, runRanks, type Transport } from './run-ranks.js'

const steps = 12
const mpi = hasMpi()
if (!mpi) console.warn('SKIPPED: training over Open MPI; mpirun is not here (apt-get install openmpi-bin libopenmpi3)')
const transports: Transport[] = ['shared-memory', 'tcp', 'mpi']

test.runIf(process.env.LEMANIC_EXPECT_MPI === '1')('Open MPI is here, as this environment says', () =>
  expect(mpi).toBe(true),
)

beforeAll(async () => {
  await createBackend({ threads: 1 })
})

async function lossesOf(options: TrainOptions<TrainingBatch, Tensor>): Promise<number[]> {
  const losses: number[] = []
  for await (const event of train(options)) {
    if (event.type === 'step-end') losses.push(event.loss)
    if (event.type === 'train-end') disposeParams(event.params)
  }
  return losses
}

/** Digests by reducer and number of ranks: every transport must give the same bits. */
const digests = new Map<string, string>()

describe.each(['mean', 'powersgd'] as const satisfies ReducerName[])('reducer %s', (reducer) => {
  let alone: number[]
  beforeAll(async () => {
    alone = await lossesOf(gptTraining(1, reducer, steps))
  })

  test('the loss of one process falls', () => expect(alone[steps - 1]).toBeLessThan(0.8 * alone[0]!))

  describe.each(transports)('%s', (transport) => {
    // Each run starts processes anew: the mean is the lesser case of what PowerSGD is tried with.
    test.skipIf(transport === 'mpi' && !mpi).each(reducer === 'mean' ? [2] : [2, 4])(
      '%d ranks: one set of parameters, and the losses of one process with the whole batch',
      async (ranks) => {
        const { results, failure } = await runRanks(transport, ranks, 'train-gpt.ts', [
          `--reducer=${reducer}`,
          `--steps=${steps}`,
        ])
        expect(failure).toBeUndefined()
        expect(results.map(({ rank, worldSize }) => [rank, worldSize])).toEqual(
          Array.from({ length: ranks }, (_, rank) => [rank, ranks]),
        )
        expect(new Set(results.map(({ digest }) => digest)).size).toBe(1)
        results[0]!.losses.forEach((loss, i) => expect(loss).toBeCloseTo(alone[i]!, 3))
        const name = `${reducer} ${ranks}`
        expect(digests.get(name) ?? results[0]!.digest).toBe(results[0]!.digest)
        digests.set(name, results[0]!.digest)
      },
      180_000,
    )
  })
})

describe.each(transports)('a rank lost over %s', (transport) => {
  const folder = mkdtempSync(join(tmpdir(), 'lemanic-lost-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test.skipIf(transport === 'mpi' && !mpi)(
    'ends the run with its name, and the run goes on from the checkpoint as if nothing had happened',
    async () => {
      const parameters = ['--reducer=powersgd', `--steps=${steps}`]
      const whole =
        digests.get('powersgd 2') ?? (await runRanks(transport, 2, 'train-gpt.ts', parameters)).results[0]?.digest
      const saving = [...parameters, `--checkpoints=${folder}`, '--every=3']
      const lost = await runRanks(transport, 2, 'train-gpt.ts', [...saving, '--die-rank=1', '--die-step=8'])
      expect(lost.results).toEqual([])
      expect(lost.failure).toMatch(/rank 1 .*(was ended by SIGKILL|exited on\s+signal 9)/)
      if (transport !== 'mpi') expect(lost.output).toMatch(/rank 0: rank 1 is lost/)
      const { results, failure } = await runRanks(transport, 2, 'train-gpt.ts', saving)
      expect(failure).toBeUndefined()
      expect(results.map(({ from }) => from)).toEqual([6, 6])
      expect(results.map(({ digest }) => digest)).toEqual([whole, whole])
    },
    240_000,
  )
})
