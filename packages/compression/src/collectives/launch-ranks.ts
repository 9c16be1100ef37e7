import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LemanicError } from '@lemanic/tensor-core'
import type { Environment } from './world-from-environment.js'
import { argumentError } from '../refuse.js'

export interface LaunchOptions {
  /** Number of ranks: processes on this machine. */
  readonly ranks: number
  /** Program and arguments of every rank: `[process.execPath, 'train.js']`. */
  readonly command: readonly [string, ...string[]]
  /** Environment of the ranks, `process.env` mostly; what `worldFromEnvironment` reads is added. Default: only that. */
  readonly environment?: Environment
  /** Default `shared-memory`. `tcp` uses this machine's own address, and needs a free `port`. */
  readonly transport?: 'shared-memory' | 'tcp'
  readonly port?: number
  /** What the ranks print, line by line. Default: they print where this process prints. */
  readonly onLine?: (line: string, rank: number) => void
  /** Told of each process as it starts. */
  readonly onStart?: (process: ChildProcess, rank: number) => void
  /** Milliseconds that the other ranks have to end by themselves once one is lost. Default 5000. */
  readonly grace?: number
}

/**
 * Runs a program in several processes of this machine that join one world, and resolves when all have ended well. Where
 * one does not, the others are ended after `grace`, and `rank-lost` names the first one with its exit code or signal.
 */
export async function launchRanks(options: LaunchOptions): Promise<void> {
  const { ranks, command, environment = {}, transport = 'shared-memory', port, onLine, onStart, grace = 5000 } = options
  if (!Number.isInteger(ranks) || ranks < 1)
    throw argumentError('launchRanks', `ranks: expected a whole number ≥ 1, got ${ranks}`)
  if (transport === 'tcp' && !Number.isInteger(port))
    throw argumentError('launchRanks', `port: expected a free port for the transport tcp, got ${String(port)}`)
  const name = randomBytes(6).toString('hex')
  const meeting =
    transport === 'tcp'
      ? { MASTER_ADDR: '127.0.0.1', MASTER_PORT: String(port), LEMANIC_SECRET: randomBytes(16).toString('hex') }
      : { LEMANIC_FOLDER: join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `lemanic-${name}`) }
  const [program, ...parameters] = command
  const children = Array.from({ length: ranks }, (_, rank) =>
    spawn(program, parameters, {
      env: {
        ...environment,
        ...meeting,
        LEMANIC_TRANSPORT: transport,
        LEMANIC_RUN_ID: name,
        RANK: String(rank),
        WORLD_SIZE: String(ranks),
      } as NodeJS.ProcessEnv,
      stdio: onLine === undefined ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    }),
  )
  let lost: LemanicError | undefined
  let timer: NodeJS.Timeout | undefined
  const ended = children.map(
    (child, rank) =>
      new Promise<void>((resolve) => {
        onStart?.(child, rank)
        if (onLine !== undefined)
          for (const stream of [child.stdout, child.stderr]) eachLine(stream!, (line) => onLine(line, rank))
        const end = (how: string | undefined): void => {
          resolve()
          if (how === undefined || lost !== undefined) return
          lost = new LemanicError('rank-lost', `rank ${rank} of ${ranks} ${how}`, { fields: { rank, how } })
          timer = setTimeout(() => children.forEach((other) => other.kill('SIGKILL')), grace)
        }
        child.once('error', (error) => end(`did not start: ${error.message}`))
        child.once('close', (code, signal) =>
          end(code === 0 ? undefined : signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`),
        )
      }),
  )
  await Promise.all(ended)
  clearTimeout(timer)
  if (lost !== undefined) throw lost as LemanicError
}

function eachLine(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() as string
    lines.forEach(take)
  })
  stream.on('end', () => {
    if (rest !== '') take(rest)
  })
}
