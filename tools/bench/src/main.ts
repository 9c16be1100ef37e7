import { availableParallelism, cpus, totalmem } from 'node:os'
import type { Backend } from '@lemanic/tensor-core'
import { ratiosOf, summarize, type Bench, type Measurement } from './bench.js'
import { choiceName, contestantOf, loadChoice, type BackendChoice, type Contestant } from './contestants.js'
import { measurePeaks, peakOf, type Peaks } from './fma-peak.js'
import { measureMemory, memoryName } from './memory.js'
import { parseOptions, usage, type BenchOptions } from './options.js'
import { PyTorchPeer } from './pytorch-peer.js'
import { ResultFile } from './result-file.js'
import { startTfjs } from './tfjs-peer.js'

const note = (text: string): void => console.error(text)
const format = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3)

interface OurBackend {
  readonly choice: BackendChoice
  readonly contestant: Contestant
  /** Empty where there is none. */
  readonly instructionSet: string
  readonly threads: number
}

async function loadOurs({ backends, instructionSets, threads }: BenchOptions): Promise<OurBackend[]> {
  const choices = backends.flatMap((backend): BackendChoice[] =>
    backend === 'native'
      ? instructionSets.map((set) => ({ backend, threads, ...(set === undefined ? {} : { instructionSet: set }) }))
      : [{ backend, threads }],
  )
  const loaded: OurBackend[] = []
  for (const choice of choices) {
    try {
      const backend: Backend = await loadChoice(choice)
      const name = choiceName(choice)
      const { instructionSet = '', threads: own = threads } = backend.describe()
      loaded.push({
        choice,
        contestant: contestantOf(name, backend),
        instructionSet: String(instructionSet),
        threads: Number(own),
      })
    } catch (error) {
      note(`without ${choiceName(choice)}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return loaded
}

async function startPeers({ peer, compile, threads }: BenchOptions, python: string): Promise<PyTorchPeer[]> {
  if (!peer) return []
  const eager = await PyTorchPeer.start(python, threads, 'eager', note)
  if (eager === undefined) {
    note(`without PyTorch: "${python}" is not a Python that has torch (set LEMANIC_PYTHON)`)
    return []
  }
  const compiled = compile ? await PyTorchPeer.start(python, threads, 'compiled', note) : undefined
  return compiled === undefined ? [eager] : [eager, compiled]
}

/** Rounds of one bench, the contestants in turn; round 0 builds and warms up, and is not counted. */
async function measure(bench: Bench, contestants: readonly Contestant[], rounds: number): Promise<Measurement[]> {
  const present = contestants.filter(({ name }) => !(bench.without ?? []).includes(name))
  const seconds = present.map((): number[] => [])
  for (let round = 0; round <= rounds; round++) {
    for (const [i, contestant] of present.entries()) {
      const spent = await contestant.time(bench)
      if (round > 0 && spent !== undefined) seconds[i]!.push(spent)
    }
  }
  for (const contestant of present) contestant.forget()
  return present.flatMap(({ name }, i) => {
    const rates = seconds[i]!.map((time) => bench.work / time)
    return rates.length === 0 ? [] : [summarize(bench.name, name, bench.unit, rates)]
  })
}

/**
 * Products beside the peak of what computes them: of our engines' instruction set and threads, of PyTorch the best,
 * of TensorFlow.js 128 bits. */
function withShareOfPeak(
  measured: readonly Measurement[],
  ours: readonly OurBackend[],
  peaks: Peaks | undefined,
  threads: number,
): Measurement[] {
  const peakFor = (name: string): number | undefined => {
    const backend = ours.find(({ contestant }) => contestant.name === name)
    if (name.startsWith('tfjs-wasm')) return peaks?.baseline
    if (backend === undefined) return peaks?.avx512 ?? peaks?.avx2 ?? peaks?.baseline
    const peak = backend.instructionSet === '' ? undefined : peakOf(peaks, backend.instructionSet)
    return peak === undefined ? undefined : (peak * backend.threads) / threads
  }
  return measured.map((measurement) => {
    const peak = measurement.unit === 'GFLOP/s' ? peakFor(measurement.backend) : undefined
    return peak === undefined ? measurement : { ...measurement, ofPeak: measurement.median / peak }
  })
}

function print(bench: string, measured: readonly Measurement[], peers: readonly string[]): void {
  console.log(bench)
  const ratios = ratiosOf(measured, peers)
  for (const { backend, median, min, max, unit, ofPeak, tensors } of measured) {
    const share = ofPeak === undefined ? '' : `   ${Math.round(ofPeak * 100)} % of peak`
    const part = tensors === undefined ? '' : `   tensors ${format(tensors)} ${unit}`
    const beside = ratios
      .filter((entry) => entry.backend === backend)
      .map(({ ratio, peer }) => `   ${ratio.toFixed(2)} × ${peer}`)
    const spread = `(${format(min)} – ${format(max)})`
    console.log(
      `  ${backend.padEnd(28)} ${format(median).padStart(10)} ${unit}  ${spread}${share}${part}${beside.join('')}`,
    )
  }
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2))
  if (options === 'help') {
    console.log(usage)
    return 0
  }
  const { benches, rounds, threads } = options
  const python = process.env['LEMANIC_PYTHON'] ?? 'python3'
  const ours = await loadOurs(options)
  const torch = await startPeers(options, python)
  const tfjs = options.peer ? await startTfjs(process.env['LEMANIC_TFJS'] ?? process.cwd(), note) : undefined
  const others: readonly Contestant[] = tfjs === undefined ? torch : [...torch, tfjs]
  const peers = others.map(({ name }) => name)
  const contestants = [...ours.map(({ contestant }) => contestant), ...others]
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    threads,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    instructionSets: Object.fromEntries(
      ours.map(({ contestant, instructionSet }) => [contestant.name, instructionSet]),
    ),
    date: new Date().toISOString().slice(0, 10),
    command: options.command,
  }
  try {
    const needsPeaks = benches.some(({ unit }) => unit === 'GFLOP/s')
    const measuredPeaks = needsPeaks ? measurePeaks(threads, rounds, note) : undefined
    const file = new ResultFile(options.json, { ...machine, peaks: measuredPeaks ?? {} }, peers, options.resume)
    const peaks = needsPeaks ? file.peaks : undefined
    if (peaks !== undefined) {
      const list = Object.entries(peaks).map(([name, value]) => `${name} ${format(value)}`)
      console.log(`peak of multiply-adds, ${threads} threads: ${list.join(', ')} GFLOP/s`)
    }
    for (const bench of benches.filter(({ name }) => !file.has(name))) {
      const measured = withShareOfPeak(await measure(bench, contestants, rounds), ours, peaks, threads)
      file.add(measured)
      print(bench.name, measured, peers)
    }
    for (const contestant of contestants) contestant.stop()
    for (const bench of benches.filter((one) => options.memory && one.memory && !file.has(memoryName(one)))) {
      const measured = measureMemory(bench, {
        choices: ours.map(({ choice }) => choice),
        rounds: Math.min(rounds, 2),
        threads,
        ...(torch[0] === undefined ? {} : { pytorch: { python, name: torch[0].name } }),
        note,
      })
      if (measured.length === 0) continue
      file.add(measured)
      print(measured[0]!.bench, measured, peers)
    }
  } finally {
    for (const contestant of contestants) contestant.stop()
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
