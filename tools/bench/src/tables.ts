import { memoryUnit, type Measurement, type Ratio } from './bench.js'
import { targetOf } from './targets.js'

/** What `--json` writes. */
export interface BenchFile {
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    readonly threads: number
    readonly memoryGiB: number
    readonly node: string
    readonly platform: string
    readonly instructionSets: Readonly<Record<string, string>>
    readonly peaks: Readonly<Record<string, number>>
    readonly date: string
    readonly command: string
  }
  readonly results: readonly Measurement[]
  readonly ratios: readonly Ratio[]
}

const number = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3)

const isPeer = (name: string): boolean => /^(pytorch|tfjs)/.test(name)

/** Tables of one or several runs in Markdown; each run comes with its machine and its command. */
export function benchTables(files: readonly BenchFile[]): string {
  return files.map(section).join('\n\n')
}

function section({ machine, results, ratios }: BenchFile): string {
  const sets = Object.entries(machine.instructionSets)
    .filter(([, set]) => set !== '')
    .map(([name, set]) => `${name}: ${set}`)
  const peaks = Object.entries(machine.peaks).map(([name, value]) => `${name} ${number(value)}`)
  const lines = [
    `\`${machine.command}\`, ${machine.date}: ${machine.cpu}, ${machine.threads} threads of ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.platform}, Node ${machine.node}; ${sets.join(', ')}.`,
    ...(peaks.length === 0 ? [] : ['', `Peak of multiply-adds in GFLOP/s, all threads: ${peaks.join(', ')}.`]),
    '',
    '| bench | who | median | lowest – highest | of peak | × PyTorch eager | × compiled | × tfjs-wasm | target |',
    '|---|---|---|---|---|---|---|---|---|',
  ]
  for (const { bench, backend, unit, median, min, max, ofPeak } of results) {
    const beside = (is: (name: string) => boolean): string => {
      const found = ratios.find(({ bench: of, backend: by, peer }) => of === bench && by === backend && is(peer))
      return found === undefined ? '' : found.ratio.toFixed(2)
    }
    const target = backend.startsWith('native') ? targetOf(bench) : undefined
    const eager = beside((peer) => peer.startsWith('pytorch') && !peer.endsWith(' compiled'))
    const compiled = beside((peer) => peer.endsWith(' compiled'))
    const tfjs = beside((peer) => peer.startsWith('tfjs'))
    const verdict =
      target === undefined || eager === '' ? '' : `${target} ${Number(eager) >= target ? '✓' : '✗ **missed**'}`
    const share = ofPeak === undefined ? '' : `${Math.round(ofPeak * 100)} %`
    const name = isPeer(backend) ? `*${backend}*` : backend
    const measure = `${number(median)} ${unit}`
    lines.push(
      `| ${bench} | ${name} | ${measure} | ${number(min)} – ${number(max)} | ${share} | ${eager} | ${compiled} | ${tfjs} | ${verdict} |`,
    )
  }
  const fewest = Math.min(...results.filter(({ unit }) => unit !== memoryUnit).map(({ rounds }) => rounds))
  if (Number.isFinite(fewest)) lines.push('', `Medians of ${fewest} alternating rounds.`)
  return lines.join('\n')
}
