/**
 * Tokens a second when one text is generated: a GPT of 12.3 M parameters, greedy, with the cache, beside transformers on
 * PyTorch in alternating rounds of the same run, and the roof that the measured memory bandwidth sets. What the last
 * cache keeps from one token to the next is not read from memory, so that small weights can be above that roof.
 *
 *     LEMANIC_PYTHON=python3 npm --prefix tools/bench run -s decode [-- --rounds 5 --new 200 --threads 2]
 */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import {
  bytesOfParams,
  cast,
  loadBackend,
  linear,
  mapParams,
  ones,
  randomKey,
  setDefaultBackend,
  type Params,
} from '@lemanic/tensor-core'
import { createDecoder, generate } from '@lemanic/transformer'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    new: { type: 'string', default: '200' },
    threads: { type: 'string', default: String(availableParallelism()) },
    json: { type: 'boolean', default: false },
  },
})
const [rounds, count, threads] = [values.rounds, values.new, values.threads].map(Number) as [number, number, number]
const shape = { vocabularySize: 4096, width: 384, heads: 6, contextLength: 256 }
const prompt = Array.from({ length: 16 }, (_, i) => i)

const backend = await loadBackend('native', { threads })
setDefaultBackend(backend)
const model = createDecoder({
  ...shape,
  stack: { layers: 6 },
  positions: 'learned',
  bias: true,
  normBias: true,
  activation: 'gelu-tanh',
})
const params = model.init(randomKey(1))
const half: Params = mapParams(params, (value) => (value.rank === 2 ? cast(value, 'bfloat16') : value))

async function seconds(own: Params): Promise<number> {
  const start = performance.now()
  await generate(model, own, { prompt, maximumTokens: count })
  return (performance.now() - start) / 1000
}

/** Bytes a second that a product of one row with a matrix far larger than any cache reads. */
function bandwidth(): number {
  const [matrix, row] = [ones([16384, 4096]), ones([1, 4096])]
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now()
    linear(row, matrix).dispose()
    return performance.now() - start
  })
  matrix.dispose()
  row.dispose()
  return (16384 * 4096 * 4) / (Math.min(...times) / 1000)
}

interface Peer {
  readonly name: string
  seconds(): Promise<number>
  stop(): void
}

/** Undefined where Python lacks transformers. */
async function startPeer(): Promise<Peer | undefined> {
  const script = fileURLToPath(new URL('../decode.py', import.meta.url))
  const request = JSON.stringify({ ...shape, layers: 6, prompt: prompt.length, threads })
  const child = spawn(process.env.LEMANIC_PYTHON ?? 'python3', [script, request], { stdio: ['pipe', 'pipe', 'ignore'] })
  child.on('error', () => undefined)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const first = await lines.next()
  if (first.done === true) return undefined
  return {
    name: (JSON.parse(first.value) as { name: string }).name,
    async seconds() {
      child.stdin.write(`${JSON.stringify({ new: count })}\n`)
      return (JSON.parse((await lines.next()).value as string) as { seconds: number }).seconds
    },
    stop: () => void child.kill(),
  }
}

const peer = await startPeer()
const contestants = new Map<string, () => Promise<number>>([
  ['float32', () => seconds(params)],
  ['bfloat16 weights', () => seconds(half)],
  ...(peer === undefined ? [] : ([[peer.name, () => peer.seconds()]] as const)),
])
const speeds = new Map<string, number[]>()
for (const [, time] of contestants) await time() // warm
for (let round = 0; round < rounds; round++) {
  for (const [name, time] of contestants) {
    await pause(300) // threads of the one before spin for a while
    speeds.set(name, [...(speeds.get(name) ?? []), count / (await time())])
  }
}
peer?.stop()

const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]!
const roof = bandwidth()
const results = [...speeds].map(([name, list]) => ({
  name,
  tokensPerSecond: median(list),
  minimum: Math.min(...list),
  maximum: Math.max(...list),
  ...(peer !== undefined && name !== peer.name && { ratio: median(list) / median(speeds.get(peer.name)!) }),
}))
// Every weight but the table of positions is read once a token.
const roofs = [params, half].map((own) => roof / bytesOfParams(own))
if (values.json) console.log(JSON.stringify({ count, threads, bandwidth: roof, roofs, results }))
else {
  for (const { name, tokensPerSecond, minimum, maximum, ratio } of results) {
    const times = ratio === undefined ? '' : `, ${ratio.toFixed(2)} × ${peer!.name}`
    console.log(
      `${name}: ${tokensPerSecond.toFixed(0)} tokens/s (${minimum.toFixed(0)} to ${maximum.toFixed(0)})${times}`,
    )
  }
  console.log(
    `roof where all weights come from memory, at ${(roof / 1e9).toFixed(1)} GB/s: float32 ${roofs[0]!.toFixed(0)}, bfloat16 ${roofs[1]!.toFixed(0)} tokens/s`,
  )
}
