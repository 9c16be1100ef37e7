import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { ratiosOf, type Measurement } from './bench.js'
import type { BenchFile } from './tables.js'

type Machine = BenchFile['machine']

/** What a resumed run must have in common with the one before, so that their figures may stand in one table. */
const common = ['cpu', 'threads', 'node', 'platform'] as const

/**
 * The measurements of a run, in a file that is written again after each bench: a run that was stopped loses one bench at
 * the most, and another with `resume` goes on where it stopped.
 */
export class ResultFile {
  readonly #path: string | undefined
  readonly #peers: readonly string[]
  readonly #machine: Machine
  readonly #results: Measurement[] = []

  /** Throws a `TypeError` when the file to resume is of another machine or another choice of contestants. */
  constructor(path: string | undefined, machine: Machine, peers: readonly string[], resume: boolean) {
    this.#path = path
    this.#peers = peers
    this.#machine = machine
    if (!resume || path === undefined || !existsSync(path)) return
    const former = JSON.parse(readFileSync(path, 'utf8')) as BenchFile
    for (const key of common) {
      if (former.machine[key] !== machine[key]) {
        throw new TypeError(`--resume: ${path} has ${key} ${former.machine[key]}, this run ${machine[key]}`)
      }
    }
    const [before, now] = [former.machine, machine].map(({ instructionSets }) => JSON.stringify(instructionSets))
    if (before !== now) throw new TypeError(`--resume: ${path} has the backends ${before}, this run ${now}`)
    this.#machine = { ...machine, peaks: { ...former.machine.peaks, ...machine.peaks } }
    this.#results.push(...former.results)
  }

  /** The peaks that are known, from the file that is resumed too. */
  get peaks(): Machine['peaks'] {
    return this.#machine.peaks
  }

  has(bench: string): boolean {
    return this.#results.some((result) => result.bench === bench)
  }

  /** Adds the measurements of one bench, all of its contestants. */
  add(measured: readonly Measurement[]): void {
    this.#results.push(...measured)
    if (this.#path === undefined) return
    const file: BenchFile = {
      machine: this.#machine,
      results: this.#results,
      ratios: ratiosOf(this.#results, this.#peers),
    }
    // whole or not at all
    writeFileSync(`${this.#path}.part`, `${JSON.stringify(file, null, 2)}\n`)
    renameSync(`${this.#path}.part`, this.#path)
  }
}
