import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { memoryUnit, summarize, type Bench, type Measurement } from './bench.js'
import { choiceName, type BackendChoice } from './contestants.js'
import type { MemoryAnswer } from './memory-process.js'
import { pytorchScript } from './pytorch-peer.js'

/** Steps of which the most memory is taken: the first builds, the following show what is kept between steps. */
const memorySteps = 4

export interface MemoryOptions {
  readonly choices: readonly BackendChoice[]
  readonly rounds: number
  readonly threads: number
  /** Python with PyTorch, and the name under which PyTorch's measurements go. */
  readonly pytorch?: { readonly python: string; readonly name: string }
  note(text: string): void
}

export const memoryName = ({ name }: Bench): string => `peak memory of a ${name}`

/**
 * Growth of the resident set by `memorySteps` training steps over the process that has the library loaded and nothing
 * built, every contestant in fresh processes, one a round. PyTorch eager only: the compiler's own memory would count.
 */
export function measureMemory(bench: Bench, { choices, rounds, threads, pytorch, note }: MemoryOptions): Measurement[] {
  const contestants = choices
    .filter(({ backend }) => !(bench.without ?? []).includes(backend))
    .map((choice) => ({ name: choiceName(choice), run: () => ourMemory(bench, choice) }))
  if (pytorch !== undefined && bench.peer['kind'] !== 'none') {
    const request = JSON.stringify({ peer: bench.peer, steps: memorySteps })
    const words = [pytorchScript, String(threads), 'memory', request]
    contestants.push({ name: pytorch.name, run: () => answerOf(pytorch.python, words) })
  }
  return contestants.flatMap(({ name, run }) => {
    const answers: MemoryAnswer[] = []
    for (let round = 0; round < rounds; round++) {
      try {
        answers.push(run())
      } catch (error) {
        note(`${memoryName(bench)}: without ${name}: ${error instanceof Error ? error.message : String(error)}`)
        return []
      }
    }
    const growth = answers.map(({ before, peak }) => (peak - before) / 2 ** 20)
    const { tensors } = answers[0]!
    return [
      {
        ...summarize(memoryName(bench), name, memoryUnit, growth),
        ...(tensors === undefined ? {} : { tensors: tensors / 2 ** 20 }),
      },
    ]
  })
}

function ourMemory({ name: bench }: Bench, choice: BackendChoice): MemoryAnswer {
  const program = fileURLToPath(new URL('memory-process.ts', import.meta.url))
  return answerOf(process.execPath, [
    ...process.execArgv,
    program,
    JSON.stringify({ bench, choice, steps: memorySteps }),
  ])
}

function answerOf(command: string, words: readonly string[]): MemoryAnswer {
  const { status, stdout, stderr, error } = spawnSync(command, words, { encoding: 'utf8', maxBuffer: 2 ** 26 })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(stderr.trim().split('\n').at(-1) ?? `exit code ${status}`)
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as MemoryAnswer
}
