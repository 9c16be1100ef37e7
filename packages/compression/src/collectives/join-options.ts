import type { SummationOrder } from './world.js'
import { argumentError } from '../refuse.js'

/** Options of every transport that leaves the process. */
export interface SharedOptions {
  /** Default `rank`. */
  readonly order?: SummationOrder
  /**
   * Milliseconds that a call waits without any sign of another rank before it fails with `collective-timeout`. A rank
   * that ended is noticed at once; this is for those that hang. Longer than the slowest step. Default 600 000.
   */
  readonly timeout?: number
  /** Milliseconds until all ranks must have come. Default 60 000. */
  readonly joinTimeout?: number
}

export const sharedNames = ['transport', 'order', 'timeout', 'joinTimeout'] as const

/** Refuses unknown names, and puts in the defaults. */
export function checkShared<Options extends SharedOptions & { readonly transport: string }>(
  options: Options,
  more: readonly string[],
): Options & Required<SharedOptions> {
  const names: readonly string[] = [...sharedNames, ...more]
  for (const name of Object.keys(options)) {
    if (!names.includes(name))
      throw argumentError('joinWorld', `"${name}" is no option of the transport ${options.transport}`, {
        help: `options: ${names.join(', ')}`,
      })
  }
  const { order = 'rank', timeout = 600_000, joinTimeout = 60_000 } = options
  if (order !== 'rank' && order !== 'transport')
    throw argumentError('joinWorld', `order: expected rank or transport, got ${JSON.stringify(order)}`)
  for (const [name, value] of Object.entries({ timeout, joinTimeout })) {
    if (!(value > 0 && value <= 0x7fff_ffff))
      throw argumentError('joinWorld', `${name}: expected milliseconds above 0 and below 2³¹, got ${value}`)
  }
  return { ...options, order, timeout, joinTimeout }
}

/** The same, for transports whose ranks are told who they are. */
export function checkIdentity<
  Options extends SharedOptions & { readonly transport: string; readonly rank: number; readonly worldSize: number },
>(options: Options, more: readonly string[]): Options & Required<SharedOptions> {
  const checked = checkShared(options, ['rank', 'worldSize', ...more])
  const { rank, worldSize } = options
  if (!Number.isInteger(worldSize) || worldSize < 1 || worldSize > 4096)
    throw argumentError('joinWorld', `worldSize: expected a whole number from 1 to 4096, got ${worldSize}`)
  if (!Number.isInteger(rank) || rank < 0 || rank >= worldSize)
    throw argumentError('joinWorld', `rank: expected a whole number from 0 to ${worldSize - 1}, got ${rank}`)
  return checked
}
