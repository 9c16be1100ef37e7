import { checkCollectives, checkCollectivesMismatch } from '@lemanic/tensor-core/testing'
import { joinWorld } from './join-world.js'
import { counterInFile } from './test-worlds.js'
import { worldFromEnvironment } from './world-from-environment.js'

// A rank in a process of its own; tests start it with launchRanks or mpirun. What it does is its first argument.

const [task, argument = ''] = process.argv.slice(2)
const world = await joinWorld(worldFromEnvironment(process.env))
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const inOrder = process.env.LEMANIC_ORDER !== 'transport'
try {
  if (task === 'contract') {
    await checkCollectives(world, { counter: counterInFile(argument), inOrder, longest: 40_001 })
    const large = await world.allReduce(new Float32Array(3_000_001).fill(world.rank + 1), 'mean')
    if (!large.every((value) => value === (world.worldSize + 1) / 2)) throw new Error('a large mean is wrong')
    await world.close()
  } else if (task === 'mismatch') {
    await checkCollectivesMismatch(world, argument as 'function' | 'length')
  } else if (task === 'lose') {
    // Rank 1 dies in the middle, without a word; the others say what they hear.
    for (let i = 0; ; i += 1) {
      if (world.rank === 1 && i === 50) process.kill(process.pid, 'SIGKILL')
      await world.allReduce(new Float32Array(30_000).fill(i), 'sum')
    }
  }
  say(`rank ${world.rank} of ${world.worldSize} over ${world.transport}: ${task} held`)
} catch (error) {
  const { code, message, fields } = error as { code?: string; message: string; fields?: { rank?: number } }
  say(`rank ${world.rank} got ${code ?? 'error'} about rank ${fields?.rank}: ${message.split('\n')[0]}`)
  process.exitCode = 3
}
