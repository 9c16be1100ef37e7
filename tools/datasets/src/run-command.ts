import { spawn } from 'node:child_process'
import { DatasetError } from './dataset-error.js'

/** What a command left: its exit code and what it wrote. */
export interface CommandResult {
  readonly code: number
  readonly stdout: Buffer
  readonly stderr: string
}

/** Runs a program of the machine; tests give one of their own. */
export type CommandRunner = (
  command: string,
  args: readonly string[],
  options?: { readonly cwd?: string; readonly input?: Uint8Array; readonly signal?: AbortSignal | undefined },
) => Promise<CommandResult>

/** Runs a program without a shell. Throws `DatasetError` (`command-missing`) when it is not installed. */
export const runCommand: CommandRunner = (command, args, options = {}) =>
  new Promise((resolve, reject) => {
    // npm is a script on Windows, which only a shell starts.
    const shell = process.platform === 'win32' && command === 'npm'
    const child = spawn(command, [...args], {
      cwd: options.cwd,
      signal: options.signal,
      shell,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const output: Buffer[] = []
    let stderr = ''
    child.stdout.on('data', (part: Buffer) => output.push(part))
    child.stderr.on('data', (part: Buffer) => (stderr += part.toString()))
    child.on('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOENT') return reject(cause)
      reject(
        new DatasetError('command-missing', `expected the program "${command}" on this machine, got none`, {
          fields: { command },
          help: installHelp[command],
          cause,
        }),
      )
    })
    child.on('close', (code) => resolve({ code: code ?? 1, stdout: Buffer.concat(output), stderr }))
    child.stdin.on('error', () => undefined) // the program may stop reading; its exit code tells
    child.stdin.end(options.input)
  })

const installHelp: Readonly<Record<string, string>> = {
  xz: 'install xz (Debian: apt-get install xz-utils; macOS: brew install xz)',
  bzip2: 'install bzip2 (Debian: apt-get install bzip2; macOS: brew install bzip2)',
  'apt-get': 'this data set comes as a Debian package; without apt, give a folder that holds its files',
  'dpkg-deb': 'this data set comes as a Debian package; without dpkg-deb, give a folder that holds its files',
}
