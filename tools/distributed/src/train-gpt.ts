import { parseArgs } from 'node:util'
import {
  checkSameOnAllRanks,
  distributedCheckpoints,
  joinWorld,
  worldFromEnvironment,
} from '@lemanic/compression/collectives'
import { createBackend, disposeParams, train } from '@lemanic/tensor-core'
import { checkpointFolder } from '@lemanic/tensor-core/node'
import { gptTraining, type ReducerName } from './gpt.js'

/**
 * One training script for one process, several processes of a machine, and a cluster:
 *
 *     node train-gpt.js                       alone
 *     npm run launch -- -n 4 train-gpt.js     four processes over shared memory (--transport tcp: over TCP)
 *     mpirun -n 4 node train-gpt.js           over Open MPI
 */
const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '30' },
    reducer: { type: 'string', default: 'mean' },
    checkpoints: { type: 'string' },
    every: { type: 'string', default: '5' },
    // For tests: this rank dies in this step, without a word.
    'die-rank': { type: 'string' },
    'die-step': { type: 'string' },
  },
})

await createBackend({ threads: 1 })
const world = await joinWorld(worldFromEnvironment(process.env))
try {
  const losses: number[] = []
  let from = 0
  for await (const event of train({
    ...gptTraining(world.worldSize, values.reducer as ReducerName, Number(values.steps)),
    collectives: world,
    ...(values.checkpoints === undefined
      ? {}
      : {
          checkpoint: {
            store: distributedCheckpoints(world, (rank) => checkpointFolder(`${values.checkpoints}/rank-${rank}`)),
            every: Number(values.every),
          },
        }),
  })) {
    if (event.type === 'train-start') from = event.step
    if (event.type === 'step-end') {
      losses.push(event.loss)
      if (Number(values['die-rank']) === world.rank && Number(values['die-step']) === event.step)
        process.kill(process.pid, 'SIGKILL')
    }
    if (event.type !== 'train-end') continue
    const digest = await checkSameOnAllRanks(event.params, world)
    disposeParams(event.params)
    // A rank's loss is that of its own part of the batch.
    const everywhere = await world.allReduce(Float32Array.from(losses), 'mean')
    const result = { rank: world.rank, worldSize: world.worldSize, from, digest, losses: [...everywhere] }
    process.stdout.write(`${JSON.stringify(result)}\n`)
  }
  await world.close()
} catch (error) {
  process.stderr.write(`rank ${world.rank}: ${(error as Error).message}\n`)
  process.exitCode = 1
  await world.close(error)
}
