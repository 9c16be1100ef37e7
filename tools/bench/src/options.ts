import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { backendNames, type BackendName } from '@lemanic/tensor-core'
import type { Bench } from './bench.js'
import { benches } from './benches.js'

export const usage = `usage: npm run bench -- [--json FILE [--resume]] [--only TEXT]… [--rounds N] [--threads N] [--backend NAME]…
                       [--instruction-set NAME]… [--no-peer] [--no-compile] [--no-memory]

  --json FILE             also write the measurements as JSON, after each bench; npm run bench:document makes the tables of it
  --resume                leave out what FILE has already, and add to it
  --only TEXT             only benches whose name contains the text
  --rounds N              alternating rounds of every contestant (default 7)
  --threads N             threads of ours and of the peers (default ${availableParallelism()})
  --backend NAME          ${backendNames.join(', ')} (default: all that load)
  --instruction-set NAME  kernels of the native engine: best (default), baseline, or another that this version has
  --no-peer               only ours
  --no-compile            without torch.compile, which takes its time
  --no-memory             without peak memory
Python is LEMANIC_PYTHON, else python3; TensorFlow.js is looked for in LEMANIC_TFJS, a folder with @tensorflow/tfjs and
@tensorflow/tfjs-backend-wasm. Without them only ours are timed. --only, --backend and --instruction-set may be given
several times.`

export interface BenchOptions {
  readonly json?: string
  readonly resume: boolean
  readonly benches: readonly Bench[]
  readonly rounds: number
  readonly threads: number
  readonly backends: readonly BackendName[]
  /** Undefined: the best, under the plain name of the backend. */
  readonly instructionSets: readonly (string | undefined)[]
  readonly peer: boolean
  readonly compile: boolean
  readonly memory: boolean
  /** The words given, for the record. */
  readonly command: string
}

/** Parsed options, 'help', or a TypeError that says what is wrong. */
export function parseOptions(words: readonly string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...words],
    options: {
      json: { type: 'string' },
      resume: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [''] },
      rounds: { type: 'string', default: '7' },
      threads: { type: 'string', default: String(availableParallelism()) },
      backend: { type: 'string', multiple: true, default: [...backendNames] },
      'instruction-set': { type: 'string', multiple: true },
      'no-peer': { type: 'boolean', default: false },
      'no-compile': { type: 'boolean', default: false },
      'no-memory': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const whole = (name: 'rounds' | 'threads'): number => {
    const value = Number(values[name])
    if (!Number.isInteger(value) || value < 1) {
      throw new TypeError(`--${name} is a whole number ≥ 1, got "${values[name]}"`)
    }
    return value
  }
  const unknown = values.backend.find((name) => !(backendNames as readonly string[]).includes(name))
  if (unknown !== undefined) throw new TypeError(`unknown backend "${unknown}"; expected ${backendNames.join(', ')}`)
  const chosen = benches.filter(({ name }) => values.only.some((text) => name.includes(text)))
  if (values.resume && values.json === undefined) throw new TypeError('--resume goes with --json FILE')
  if (chosen.length === 0) throw new TypeError(`no bench has "${values.only.join('" or "')}" in its name`)
  return {
    ...(values.json === undefined ? {} : { json: values.json }),
    resume: values.resume,
    benches: chosen,
    rounds: whole('rounds'),
    threads: whole('threads'),
    backends: backendNames.filter((name) => values.backend.includes(name)),
    instructionSets: values['instruction-set'] ?? [undefined],
    peer: !values['no-peer'],
    compile: !values['no-compile'],
    memory: !values['no-memory'],
    command: ['npm run bench --', ...commandWords(words)].join(' '),
  }
}

/** The words as they would be typed, without the file that the JSON goes to. */
function commandWords(words: readonly string[]): string[] {
  const kept = words.filter(
    (word, i) => word !== '--json' && word !== '--resume' && words[i - 1] !== '--json' && !word.startsWith('--json='),
  )
  return kept.map((word) => (/^[\w.=-]+$/.test(word) ? word : `'${word}'`))
}
