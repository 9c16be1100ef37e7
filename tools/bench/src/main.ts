import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { backendNames, loadBackend, setDefaultBackend, type Backend } from '@lemanic/tensor-core'
import { ratiosOf, summarize, type Bench, type Measurement } from './bench.js'
import { overheads, products } from './products.js'
import { PyTorchPeer } from './pytorch-peer.js'
import { training } from './training.js'

const usage = `usage: npm run bench -- [--json FILE] [--only TEXT] [--rounds N] [--threads N] [--backend NAME]…

  --json FILE     also write the measurements as JSON
  --only TEXT     only benches whose name contains the text
  --rounds N      alternating rounds of every contestant (default 7)
  --threads N     threads of ours and of the peer (default ${availableParallelism()})
  --backend NAME  ${backendNames.join(', ')}; may be repeated (default: native and wasm)
Python is LEMANIC_PYTHON, else python3; without PyTorch only ours are timed.`

interface Contestant {
  readonly name: string
  time(bench: Bench): Promise<number>
  forget(): void
}

/** One of our engines: keeps the running bench prepared between rounds. */
function engine(backend: Backend): Contestant {
  let prepared: { bench: Bench; iterate: () => void } | undefined
  return {
    name: backend.name,
    async time(bench) {
      setDefaultBackend(backend)
      if (prepared?.bench !== bench) {
        prepared = { bench, iterate: bench.prepare(backend) }
        prepared.iterate()
      }
      const start = performance.now()
      for (let i = 0; i < bench.iterations; i++) prepared.iterate()
      return (performance.now() - start) / 1000
    },
    forget() {
      prepared = undefined
    },
  }
}

const format = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3)

async function measure(bench: Bench, contestants: readonly Contestant[], rounds: number): Promise<Measurement[]> {
  const present = contestants.filter(({ name }) => !(bench.without ?? []).includes(name))
  const seconds = new Map<string, number[]>(present.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const contestant of present) seconds.get(contestant.name)!.push(await contestant.time(bench))
  }
  for (const contestant of present) contestant.forget()
  return present.map(({ name }) => summarize(bench, name, seconds.get(name)!))
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      json: { type: 'string' },
      only: { type: 'string', default: '' },
      rounds: { type: 'string', default: '7' },
      threads: { type: 'string', default: String(availableParallelism()) },
      backend: { type: 'string', multiple: true, default: ['native', 'wasm'] },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(usage)
    return 0
  }
  const rounds = Number(values.rounds)
  const threads = Number(values.threads)
  if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(threads) || threads < 1) {
    throw new TypeError('--rounds and --threads are whole numbers ≥ 1')
  }
  const wanted = values.backend
  const unknown = wanted.find((name) => !(backendNames as readonly string[]).includes(name))
  if (unknown !== undefined) throw new TypeError(`unknown backend "${unknown}"; expected ${backendNames.join(', ')}`)
  const benches = [...products, ...overheads, ...training].filter(({ name }) => name.includes(values.only))
  if (benches.length === 0) throw new TypeError(`no bench has "${values.only}" in its name`)

  const contestants: Contestant[] = []
  for (const name of backendNames.filter((candidate) => wanted.includes(candidate))) {
    try {
      contestants.push(engine(await loadBackend(name, { threads })))
    } catch (error) {
      console.error(`without ${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const peer = await PyTorchPeer.start(process.env['LEMANIC_PYTHON'] ?? 'python3', threads)
  if (peer === undefined) console.error('without PyTorch: Python or torch was not found (set LEMANIC_PYTHON)')
  else contestants.push({ name: `pytorch ${peer.version}`, time: (bench) => peer.time(bench), forget: () => undefined })
  const peers = peer === undefined ? [] : [`pytorch ${peer.version}`]

  const results: Measurement[] = []
  for (const bench of benches) {
    const measured = await measure(bench, contestants, rounds)
    results.push(...measured)
    console.log(bench.name)
    for (const { backend, median, min, max, unit } of measured) {
      const ratio = ratiosOf(measured, peers).find((entry) => entry.backend === backend)
      const suffix = ratio === undefined ? '' : `   ${ratio.ratio.toFixed(2)} × ${ratio.peer}`
      console.log(
        `  ${backend.padEnd(18)} ${format(median).padStart(10)} ${unit}  (${format(min)} – ${format(max)})${suffix}`,
      )
    }
  }
  peer?.stop()
  if (values.json !== undefined) {
    const machine = {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      threads,
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
    }
    writeFileSync(values.json, `${JSON.stringify({ machine, results, ratios: ratiosOf(results, peers) }, null, 2)}\n`)
  }
  return 0
}

main().then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
    if (error instanceof TypeError) console.error(usage)
    process.exitCode = error instanceof TypeError ? 2 : 1
  },
)
