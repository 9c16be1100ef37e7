import type { Writable } from 'node:stream'
import { createColors } from 'picocolors'

/** Where a verb writes: what was asked for, what people read meanwhile, and how. */
export interface Terminal {
  /** One line of what was asked for: to standard output. */
  readonly print: (line: string) => void
  /** A part of what was asked for, without a line's end. */
  readonly write: (text: string) => void
  /** One line for people: to standard output, or to standard error where standard output carries JSON. */
  readonly say: (line: string) => void
  /** Where progress is drawn; standard error. */
  readonly progress: Writable
  /** True where progress may be drawn over itself; false writes plain lines. */
  readonly interactive: boolean
  /** Columns that a line may take: those of the terminal from 80 to 160, else 120. */
  readonly width: number
  readonly color: ReturnType<typeof createColors>
}

/** A terminal over two streams. Colours and bars only on a TTY, and not where `environment` has CI, NO_COLOR or TERM=dumb. */
export function createTerminal(options: {
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: Writable & { readonly isTTY?: boolean }
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly json: boolean
}): Terminal {
  const { stdout, stderr, environment, json } = options
  const people = json ? stderr : stdout
  const plain = Boolean(environment.CI) || environment.TERM === 'dumb'
  const wantsColor = Boolean(environment.FORCE_COLOR) && environment.FORCE_COLOR !== '0'
  return {
    print: (line) => void stdout.write(`${line}\n`),
    write: (text) => void stdout.write(text),
    say: (line) => void people.write(`${line}\n`),
    progress: stderr,
    width: people.isTTY === true ? Math.min(160, Math.max(80, stdout.columns ?? 120)) : 120,
    interactive: stderr.isTTY === true && !plain,
    color: createColors(wantsColor || (people.isTTY === true && !plain && !environment.NO_COLOR)),
  }
}
