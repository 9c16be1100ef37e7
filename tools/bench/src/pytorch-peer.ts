import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Bench } from './bench.js'

/** PyTorch in a process of its own, asked round by round. */
export class PyTorchPeer {
  private readonly answers: AsyncIterator<string>

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    lines: AsyncIterator<string>,
    readonly version: string,
  ) {
    this.answers = lines
  }

  /** Starts it; undefined where Python or PyTorch is missing. */
  static async start(python: string, threads: number): Promise<PyTorchPeer | undefined> {
    const script = fileURLToPath(new URL('../pytorch.py', import.meta.url))
    const child = spawn(python, [script, String(threads)], { stdio: ['pipe', 'pipe', 'pipe'] })
    child.on('error', () => undefined)
    child.stdin.on('error', () => undefined)
    child.stderr.resume()
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const first = await lines.next()
    if (first.done === true) return undefined
    const { version } = JSON.parse(first.value) as { version: string }
    return new PyTorchPeer(child, lines, version)
  }

  /** Seconds that one round of a bench takes, after a first untimed iteration. */
  async time({ peer, iterations, name }: Bench): Promise<number> {
    this.child.stdin.write(`${JSON.stringify({ peer, iterations })}\n`)
    const answer = await this.answers.next()
    if (answer.done === true) throw new Error(`PyTorch ended while it was timing "${name}"`)
    return (JSON.parse(answer.value) as { seconds: number }).seconds
  }

  stop(): void {
    this.child.stdin.end()
    this.child.kill()
  }
}
