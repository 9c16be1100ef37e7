import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** One measurement of a run: the training loss of a step, or the validation loss after it. */
export interface LogEntry {
  readonly kind: 'training' | 'validation'
  /** Steps done. */
  readonly step: number
  readonly loss: number
}

/** What a run has measured so far, kept beside its checkpoints. */
export interface RunLog {
  readonly entries: readonly LogEntry[]
  readonly add: (entry: LogEntry) => void
  /** Forgets what was measured after a step: a run that goes on from its checkpoint measures it again. */
  readonly keepUpTo: (step: number) => void
}

/**
 * Opens the log of a run, one JSON line a measurement.
 *
 * A line is written before the checkpoint of its step, so a log always reaches at least as far as the newest
 * checkpoint. A line that a killed process left unfinished is ignored; of two lines for one step the later counts.
 */
export function openRunLog(directory: string): RunLog {
  const path = join(directory, 'measurements.jsonl')
  let entries = existsSync(path) ? latest(readFileSync(path, 'utf8').split('\n').flatMap(parseLine)) : []
  return {
    get entries() {
      return entries
    },
    add(entry) {
      entries.push(entry)
      appendFileSync(path, `${JSON.stringify(entry)}\n`)
    },
    keepUpTo(step) {
      entries = entries.filter((entry) => entry.step <= step)
      writeFileSync(path, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
    },
  }
}

function latest(entries: readonly LogEntry[]): LogEntry[] {
  const byStep = new Map(entries.map((entry) => [`${entry.kind} ${entry.step}`, entry]))
  return [...byStep.values()]
}

function parseLine(line: string): LogEntry[] {
  try {
    const { kind, step, loss } = JSON.parse(line) as LogEntry
    const isEntry = (kind === 'training' || kind === 'validation') && Number.isInteger(step) && Number.isFinite(loss)
    return isEntry ? [{ kind, step, loss }] : []
  } catch {
    return []
  }
}
