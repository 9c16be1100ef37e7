/**
 * Milliseconds of one PowerSGD step with error feedback on the gradients of a GPT of 12.3 M parameters, beside PyTorch's
 * communication hook on tensors of the same shapes, nothing being sent, in alternating rounds of the same run.
 *
 *     LEMANIC_PYTHON=python3 npm --prefix tools/bench run -s powersgd [-- --rounds 7 --threads 2]
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { compressedReducer, errorFeedback, powerSgd } from '@lemanic/compression'
import {
  countParams,
  dispose,
  loadBackend,
  mapParams,
  randomKey,
  randomNormal,
  setDefaultBackend,
  singleProcess,
} from '@lemanic/tensor-core'
import { createDecoder } from '@lemanic/transformer'
import { summarize, type Bench } from './bench.js'
import { PyTorchPeer } from './pytorch-peer.js'
import { roundLength } from './time-round.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
})
const [rounds, threads] = [values.rounds, values.threads].map(Number) as [number, number]
const shape = { layers: 6, width: 384, heads: 6, time: 256, batch: 8, vocabulary: 4096 }

const backend = await loadBackend('native', { threads })
setDefaultBackend(backend)
const model = createDecoder({
  vocabularySize: shape.vocabulary,
  width: shape.width,
  heads: shape.heads,
  contextLength: shape.time,
  stack: { kind: 'standard', layers: shape.layers },
  positions: 'learned',
  bias: true,
  normBias: true,
})
const params = model.init(randomKey(1))
const gradients = mapParams(params, (value, name) => randomNormal(randomKey(2).foldIn(name), [1, ...value.shape]))

/** A function that takes one step; states go back as `train` gives them back. */
function stepOf(rank: number): () => Promise<void> {
  const reducer = compressedReducer({ compressor: errorFeedback(powerSgd({ rank }), { target: 'aggregate' }) })
  let state = reducer.init!(params, 1)
  let step = 0
  return async () => {
    const context = { collectives: singleProcess, state, key: randomKey(step), step: step++ }
    const { reduced, state: next } = await reducer.reduce(gradients, context)
    dispose([reduced, state.tensors])
    state = next
  }
}

/** As `timeRound`, for steps that are awaited: seconds of one. */
async function timeRound(iterate: () => Promise<void>): Promise<number> {
  const { settle, timed } = roundLength
  const now = (): number => performance.now() / 1000
  for (const start = now(); now() - start < settle; ) await iterate()
  const start = now()
  let count = 0
  while (now() - start < timed) {
    await iterate()
    count++
  }
  return (now() - start) / count
}

const peer = await PyTorchPeer.start(process.env['LEMANIC_PYTHON'] ?? 'python3', threads, 'eager', console.error)
if (peer === undefined) console.error('without PyTorch: set LEMANIC_PYTHON to a Python that has torch')
console.log(`PowerSGD on ${countParams(params).toLocaleString('en-US')} parameters, ${threads} threads, ms a step`)
try {
  for (const rank of [1, 4]) {
    const bench: Bench = {
      name: `powersgd, rank ${rank}`,
      unit: 'operations/s',
      work: 1,
      peer: { kind: 'powersgd', ...shape, rank },
      prepare: () => () => undefined,
    }
    const iterate = stepOf(rank)
    const [ours, theirs]: number[][] = [[], []]
    for (let round = 0; round <= rounds; round++) {
      const own = await timeRound(iterate)
      const other = await peer?.time(bench)
      if (round === 0) continue // builds and warms up
      ours!.push(own * 1000)
      if (other !== undefined) theirs!.push(other * 1000)
    }
    const told = [['native', ours!] as const, ['pytorch', theirs!] as const].filter(([, times]) => times.length > 0)
    for (const [name, times] of told) {
      const { median, min, max } = summarize(bench.name, name, 'ms', times)
      console.log(`  rank ${rank}  ${name.padEnd(8)} ${median.toFixed(1)}  (${min.toFixed(1)} – ${max.toFixed(1)})`)
    }
  }
} finally {
  peer?.stop()
}
