import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Bench } from './bench.js'
import type { Contestant } from './contestants.js'
import { roundLength } from './time-round.js'

export const pytorchScript = fileURLToPath(new URL('../pytorch.py', import.meta.url))

export type PyTorchMode = 'eager' | 'compiled'

interface Answer {
  readonly seconds?: number
  readonly error?: string
}

/** PyTorch in a process of its own, asked round by round. */
export class PyTorchPeer implements Contestant {
  private readonly answers: AsyncIterator<string>
  private readonly refused = new Set<string>()

  private constructor(
    readonly name: string,
    private readonly child: ChildProcessWithoutNullStreams,
    lines: AsyncIterator<string>,
    private readonly note: (text: string) => void,
  ) {
    this.answers = lines
  }

  /** Starts it; undefined where Python or PyTorch is missing. `note` is told what it cannot run. */
  static async start(
    python: string,
    threads: number,
    mode: PyTorchMode,
    note: (text: string) => void,
  ): Promise<PyTorchPeer | undefined> {
    const child = spawn(python, [pytorchScript, String(threads), mode], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // it compiles in its own process: idle helper processes would only take memory and time
      env: { ...process.env, TORCHINDUCTOR_COMPILE_THREADS: '1' },
    })
    child.on('error', () => undefined)
    child.stdin.on('error', () => undefined)
    child.stderr.resume()
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const first = await lines.next()
    if (first.done === true) return undefined
    const { version } = JSON.parse(first.value) as { version: string }
    return new PyTorchPeer(`pytorch ${version}${mode === 'eager' ? '' : ' compiled'}`, child, lines, note)
  }

  async time({ peer, name }: Bench): Promise<number | undefined> {
    if (peer['kind'] === 'none' || this.refused.has(name)) return undefined
    this.child.stdin.write(`${JSON.stringify({ peer, ...roundLength })}\n`)
    const line = await this.answers.next()
    if (line.done === true) throw new Error(`${this.name} ended while it was timing "${name}"`)
    const { seconds, error } = JSON.parse(line.value) as Answer
    if (seconds === undefined) {
      this.refused.add(name)
      this.note(`${name}: without ${this.name}: ${error ?? 'no reason given'}`)
    }
    return seconds
  }

  forget(): void {}

  stop(): void {
    this.child.stdin.end()
    this.child.kill()
  }
}
