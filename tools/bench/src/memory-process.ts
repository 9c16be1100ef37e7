/**
 * Peak memory of training steps, in a process of its own: node memory-process.ts '{"bench": …, "choice": …, "steps": n}'
 * prints {"before", "peak", "tensors"} in bytes. `before` is what the process holds when engine and code are loaded and
 * nothing is built; `peak` the most that it held until the last step was done (on Linux; elsewhere the most that it ever
 * held). `pytorch.py` does the same. `tensors` is the engine's own count: live buffers at most.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { setDefaultBackend } from '@lemanic/tensor-core'
import { benches } from './benches.js'
import { loadChoice, type BackendChoice } from './contestants.js'

export interface MemoryRequest {
  readonly bench: string
  readonly choice: BackendChoice
  readonly steps: number
}

export interface MemoryAnswer {
  readonly before: number
  readonly peak: number
  readonly tensors?: number
}

function resident(field: 'VmRSS' | 'VmHWM'): number {
  try {
    const line = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))
    return Number(line![1]) * 1024
  } catch {
    return process.resourceUsage().maxRSS * 1024
  }
}

const { bench: name, choice, steps } = JSON.parse(process.argv[2]!) as MemoryRequest
const bench = benches.find((candidate) => candidate.name === name)!
const backend = await loadChoice(choice)
setDefaultBackend(backend)
const before = resident('VmRSS')
try {
  writeFileSync('/proc/self/clear_refs', '5') // the highest so far is forgotten
} catch {
  // not Linux
}
const iterate = bench.prepare(backend)
for (let step = 0; step < steps; step++) iterate()
const peak = resident('VmHWM')
const answer: MemoryAnswer = { before, peak, tensors: backend.memory().peakBytes }
console.log(JSON.stringify(answer))
