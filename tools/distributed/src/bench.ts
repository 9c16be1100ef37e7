import { joinWorld, worldFromEnvironment } from '@lemanic/compression/collectives'
import { hasMpi, runRanks, type Transport } from './run-ranks.js'

/**
 * Latency and bandwidth of each transport on this machine: `npm --prefix tools/distributed run -s bench [-- RANKS]`.
 * A line says how long an allReduce takes, median of the rounds, and its bandwidth: bytes of the vector per second.
 */
const sizes = [1, 1 << 10, 1 << 18, 1 << 22]
const isRank = process.argv[2] === 'rank'

if (isRank) {
  const world = await joinWorld(worldFromEnvironment(process.env))
  for (const length of sizes) {
    const values = new Float32Array(length).fill(world.rank)
    const rounds = length > 1 << 20 ? 5 : length > 1 << 16 ? 20 : 300
    const seconds: number[] = []
    for (let round = -2; round < rounds; round += 1) {
      await world.barrier()
      const started = performance.now()
      await world.allReduce(values, 'mean')
      if (round >= 0) seconds.push((performance.now() - started) / 1000)
    }
    const median = seconds.sort((a, b) => a - b)[rounds >> 1] as number
    if (world.rank === 0) process.stdout.write(`${JSON.stringify({ rank: 0, length, median })}\n`)
  }
  await world.close()
} else {
  const ranks = Number(process.argv[2] ?? 2)
  const transports: Transport[] = ['shared-memory', 'tcp', ...(hasMpi() ? (['mpi'] as const) : [])]
  for (const order of ['rank', 'transport']) {
    process.env.LEMANIC_ORDER = order
    for (const transport of transports) {
      const { results, failure } = await runRanks(transport, ranks, 'bench.ts', ['rank'])
      if (failure !== undefined) console.error(`${transport}: ${failure}`)
      for (const { length, median } of results as unknown as { length: number; median: number }[]) {
        const rate = (4 * length) / median / 1e6
        console.log(
          [
            `${transport}, ${ranks} ranks, order ${order}`.padEnd(42),
            `${(4 * length).toLocaleString('en-US')} bytes`.padStart(18),
            `${(median * 1e6).toFixed(0)} µs`.padStart(12),
            `${rate.toFixed(rate < 10 ? 2 : 0)} MB/s`.padStart(12),
          ].join(''),
        )
      }
    }
  }
}
