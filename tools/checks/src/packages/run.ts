import { spawn } from 'node:child_process'

export interface Outcome {
  /** Exit code, or null when the process was ended by a signal (the time limit). */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
  /** Milliseconds; default 120,000. */
  readonly timeout?: number
}

/** Runs a program to its end and collects what it prints; never rejects for a failing program. */
export function run(
  command: string,
  args: readonly string[],
  { cwd, env, timeout = 120_000 }: RunOptions,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout,
      killSignal: 'SIGKILL',
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** Runs tasks with at most `width` at a time and gives their results in order. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  width: number,
  task: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array<Result>(items.length)
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++
      results[index] = await task(items[index])
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker))
  return results
}

/** A failing program as one readable problem: what ran, how it ended, and the end of what it said. */
export function describeFailure(what: string, { code, stdout, stderr }: Outcome): string {
  const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-12).join('\n    ')
  return `${what}: ${code === null ? 'ran past its time' : `exit code ${code}`}\n    ${said}`
}
