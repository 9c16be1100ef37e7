import { spawn } from 'node:child_process'

export interface CommandOutcome {
  /** The exit code, −1 when the program is not there, −2 when its time was over. */
  readonly code: number
  /** Standard output and standard error, as they came. */
  readonly output: string
}

export type CommandRunner = (
  command: string,
  args: readonly string[],
  options?: { readonly cwd?: string; readonly seconds?: number },
) => Promise<CommandOutcome>

/** Runs a program of the machine without a shell (npm on Windows with one) and never rejects. */
export const runCommand: CommandRunner = (command, args, { cwd, seconds = 60 } = {}) =>
  new Promise((resolve) => {
    let output = ''
    let isLate = false
    const child = spawn(command, [...args], {
      cwd,
      shell: process.platform === 'win32' && command === 'npm',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const timer = setTimeout(() => {
      isLate = true
      child.kill()
    }, seconds * 1000)
    const collect = (part: Buffer): void => void (output += part.toString())
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    const end = (code: number): void => {
      clearTimeout(timer)
      resolve({ code: isLate ? -2 : code, output })
    }
    child.on('error', () => end(-1))
    child.on('close', (code) => end(code ?? 1))
  })

/** The line of a program's output that says most: of the network, of an error, else the last. */
export function reasonIn({ code, output }: CommandOutcome): string {
  if (code === -1) return 'it is not installed'
  if (code === -2) return 'it took too long'
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  const signs = [
    /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN/,
    /\w*Error: |: error: |fatal error/,
    /\berror\b/i,
  ]
  const telling = signs
    .map((sign) => lines.find((line) => sign.test(line) && !/^npm (warn|notice)/i.test(line)))
    .find((line) => line !== undefined)
  return (telling ?? lines.at(-1) ?? `exit code ${code}`).trim().slice(0, 300)
}
