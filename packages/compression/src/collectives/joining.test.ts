import { connect } from 'node:net'
import type { memoryCheckpoints } from '@lemanic/tensor-core'
import { inProcessCollectives, tensor, type Checkpoint } from '@lemanic/tensor-core'
import { describe, expect, test } from 'vitest'
import { distributedCheckpoints } from './distributed-checkpoints.js'
import { joinWorld, type JoinOptions } from './join-world.js'
import { checkSameOnAllRanks } from './same-on-all-ranks.js'
import type { TcpOptions } from './tcp.js'
import { optionsOfAll } from './test-worlds.js'
import { worldFromEnvironment } from './world-from-environment.js'

describe('joining over TCP', () => {
  async function twoRanks(change: Partial<TcpOptions>): Promise<PromiseSettledResult<unknown>[]> {
    const [first, second] = (await optionsOfAll('tcp', 2, { joinTimeout: 600 })) as [TcpOptions, TcpOptions]
    return Promise.allSettled([joinWorld(first), joinWorld({ ...second, ...change })])
  }

  test.each([
    ['another secret', { secret: 'another secret, long enough' }, /does not know the secret/, undefined],
    ['another run', { runId: 'other' }, /refused: expected the run "lemanic", got "other"/, /expected the run/],
    ['another size', { worldSize: 3 }, /refused: expected 2 ranks in all, got 3/, /expected 2 ranks/],
  ])('%s is refused: the rank hears why, rank 0 says whom it missed', async (_, change, own, first) => {
    const [zero, one] = await twoRanks(change)
    expect(one).toMatchObject({ reason: { code: 'join-failed', message: expect.stringMatching(own) as string } })
    expect(zero).toMatchObject({ reason: { code: 'join-failed', fields: { missing: [1] } } })
    if (first !== undefined)
      expect((zero as PromiseRejectedResult).reason).toMatchObject({ message: expect.stringMatching(first) as string })
  })

  test('a second rank of one number is refused, the first stays', async () => {
    const [first, second, third] = (await optionsOfAll('tcp', 3, { joinTimeout: 5000 })) as [
      TcpOptions,
      TcpOptions,
      TcpOptions,
    ]
    const joining = [joinWorld(first), joinWorld(second)]
    await new Promise((resolve) => setTimeout(resolve, 200))
    await expect(joinWorld(second)).rejects.toThrow(/rank 1 is here already/)
    const worlds = await Promise.all([...joining, joinWorld(third)])
    expect(await Promise.all(worlds.map((world) => world.allReduce(Float32Array.of(1), 'sum')))).toEqual(
      worlds.map(() => Float32Array.of(3)),
    )
    await Promise.all(worlds.map((world) => world.close()))
  })

  test('strangers, noise and silence do not keep the ranks from meeting', async () => {
    const options = (await optionsOfAll('tcp', 2)) as [TcpOptions, TcpOptions]
    const first = joinWorld(options[0])
    const { port } = options[0].address
    const strangers = await Promise.all(
      [
        'GET / HTTP/1.1\r\n\r\n',
        'x'.repeat(100_000),
        '{"lemanic":1}\n',
        '{"lemanic":1,"rank":1}\n{"proof":"00"}\n',
        'null\n',
        '',
      ].map(
        (noise) =>
          new Promise<ReturnType<typeof connect>>((resolve) => {
            const socket = connect({ host: '127.0.0.1', port }, () => socket.write(noise, () => resolve(socket)))
            socket.on('error', () => undefined)
          }),
      ),
    )
    const worlds = await Promise.all([first, joinWorld(options[1])])
    await Promise.all(worlds.map((world) => world.barrier()))
    await Promise.all(worlds.map((world) => world.close()))
    for (const socket of strangers) socket.destroy()
  })

  test.each([
    [{ secret: 'short' }, /secret: expected 16 characters/],
    [{ rank: 2 }, /rank: expected a whole number from 0 to 1/],
    [{ address: { host: 'here', port: 0 } }, /address: expected/],
    [{ order: 'any' }, /order: expected rank or transport/],
    [{ timeout: 0 }, /timeout: expected milliseconds/],
    [{ hosts: [] }, /"hosts" is no option of the transport tcp[^]*options:/],
    [{ transport: 'udp' }, /transport: expected in-process, shared-memory, tcp or mpi/],
  ])('refuses %j', async (change, message) => {
    const [options] = await optionsOfAll('tcp', 2)
    await expect((async () => joinWorld({ ...options, ...change } as JoinOptions))()).rejects.toThrow(message)
  })
})

test('a folder that is not of a run stays as it is', async () => {
  await expect(
    joinWorld({ transport: 'shared-memory', rank: 0, worldSize: 2, folder: import.meta.dirname, joinTimeout: 100 }),
  ).rejects.toMatchObject({ code: 'join-failed', message: expect.stringMatching(/cannot be made/) as string })
})

describe('worldFromEnvironment', () => {
  test.each([
    [{}, { transport: 'in-process' }],
    [{ OMPI_COMM_WORLD_SIZE: '4' }, { transport: 'mpi' }],
    [
      { PMIX_RANK: '1', LEMANIC_ORDER: 'transport' },
      { transport: 'mpi', order: 'transport' },
    ],
    [
      { RANK: '1', WORLD_SIZE: '2', LEMANIC_FOLDER: '/dev/shm/x', LEMANIC_TIMEOUT: '5' },
      { transport: 'shared-memory', rank: 1, worldSize: 2, folder: '/dev/shm/x', timeout: 5 },
    ],
    [
      {
        SLURM_PROCID: '3',
        SLURM_NTASKS: '4',
        SLURM_JOB_ID: '77',
        MASTER_ADDR: 'n0',
        MASTER_PORT: '29500',
        LEMANIC_SECRET: 's',
        PMIX_RANK: '3',
      },
      { transport: 'tcp', rank: 3, worldSize: 4, address: { host: 'n0', port: 29500 }, secret: 's', runId: '77' },
    ],
  ])('%j', (environment, expected) => expect(worldFromEnvironment(environment)).toEqual(expected))

  test('names what is missing', () => {
    expect(() => worldFromEnvironment({ MASTER_ADDR: 'n0' })).toThrow(/expected the variable RANK or SLURM_PROCID/)
    expect(() => worldFromEnvironment({ MASTER_ADDR: 'n0', RANK: 'x' })).toThrow(/RANK: expected a whole number/)
    expect(() => worldFromEnvironment({ LEMANIC_TRANSPORT: 'udp' })).toThrow(/LEMANIC_TRANSPORT: expected/)
  })
})

test('checkSameOnAllRanks names the rank that differs', async () => {
  const check = (third: number): Promise<PromiseSettledResult<string>[]> =>
    Promise.allSettled(
      inProcessCollectives(3).map((end) => checkSameOnAllRanks({ w: tensor([1, end.rank === 2 ? third : 2]) }, end)),
    )
  const same = await check(2)
  expect(new Set(same.map((outcome) => (outcome as PromiseFulfilledResult<string>).value)).size).toBe(1)
  for (const outcome of await check(2.0000002))
    expect(outcome).toMatchObject({ reason: { code: 'ranks-differ', fields: { ranks: [2] } } })
})

describe('distributedCheckpoints', () => {
  const at = (step: number): Checkpoint => ({
    step,
    key: [0, 1],
    params: {},
    states: Object.fromEntries(
      ['optimizer', 'sampler', 'reducer'].map((name) => [name, { json: null, tensors: {} }]),
    ) as Checkpoint['states'],
  })
  /** A store with checkpoints of these steps. */
  function storeOf(steps: readonly number[]): ReturnType<typeof memoryCheckpoints> {
    return {
      save: () => Promise.resolve(''),
      load: (atMost = Infinity) => {
        const step = Math.max(...steps.filter((one) => one <= atMost))
        return Promise.resolve({
          loaded: step < 0 ? undefined : { checkpoint: at(step), path: `${step}` },
          refused: [],
        })
      },
    }
  }
  const load = (...steps: number[][]): Promise<unknown[]> =>
    Promise.all(
      inProcessCollectives(steps.length).map(async (end) => {
        const { loaded } = await distributedCheckpoints(end, (rank) => storeOf(steps[rank] as number[])).load()
        return loaded?.checkpoint.step
      }),
    )

  test('all ranks load the newest step that all have', async () => {
    expect(await load([4, 8], [4, 8], [4, 8])).toEqual([8, 8, 8])
    expect(await load([4, 8], [4], [4, 8])).toEqual([4, 4, 4])
    expect(await load([2, 4, 8], [2, 6], [2, 4, 6])).toEqual([2, 2, 2])
    expect(await load([4], [])).toEqual([undefined, undefined])
    expect(await load([4], [8])).toEqual([undefined, undefined])
  })

  test('where one rank cannot load, all fail, and its number is named', async () => {
    const outcomes = await Promise.allSettled(
      inProcessCollectives(2).map((end) =>
        distributedCheckpoints(end, (rank) =>
          rank === 0 ? storeOf([4]) : { ...storeOf([]), load: () => Promise.reject(new Error('damaged')) },
        ).load(),
      ),
    )
    expect(outcomes[0]).toMatchObject({ reason: { code: 'checkpoint-damaged', fields: { rank: 1 } } })
    expect(outcomes[1]).toMatchObject({ reason: { message: 'damaged' } })
  })
})
