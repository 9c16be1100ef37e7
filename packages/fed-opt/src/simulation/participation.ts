import { randomPermutation, RandomStream, type RandomKey } from '@lemanic/tensor-core'
import { argumentError, checkNumber, checkOptions, checkWhole } from '../refuse.js'

export interface ParticipationOptions {
  /** Clients that are asked in a round: a share above 0 … 1, or with `count` a number of them. Default 1, all. */
  readonly fraction?: number
  /** Exclusive with `fraction`. */
  readonly count?: number
  /** Probability that a client that was asked does not answer. Default 0. */
  readonly dropout?: number
  /** Probability that a client is slow in a round. Default 0. */
  readonly straggler?: number
  /** Share of the local steps that a slow client manages, from 0 to below 1; rounded down. Default 0.5. */
  readonly stragglerShare?: number
}

/** Who takes part in a round. */
export interface Participation {
  /** Ascending. */
  readonly participants: Int32Array
  /** Local steps of each participant. */
  readonly steps: Int32Array
  /** Asked, but did not answer. */
  readonly dropped: number[]
  readonly stragglers: number[]
}

/** Throws unless the options are possible for so many clients. */
export function checkParticipation(options: ParticipationOptions, clients: number): void {
  const where = 'participation'
  checkOptions(where, options, ['fraction', 'count', 'dropout', 'straggler', 'stragglerShare'])
  const { fraction, count, dropout = 0, straggler = 0, stragglerShare = 0.5 } = options
  if (fraction !== undefined && count !== undefined) throw argumentError(where, 'expected fraction or count, got both')
  if (fraction !== undefined)
    checkNumber(where, 'fraction', fraction, (x) => x > 0 && x <= 1, 'a number above 0 and at most 1')
  if (count !== undefined) checkWhole(where, 'count', count, 1, clients)
  checkNumber(where, 'dropout', dropout, (x) => x >= 0 && x < 1, 'a probability below 1')
  checkNumber(where, 'straggler', straggler, (x) => x >= 0 && x <= 1, 'a probability')
  checkNumber(where, 'stragglerShare', stragglerShare, (x) => x >= 0 && x < 1, 'a number from 0 to below 1')
}

/** Draws the participants of a round from those that are available; at least one answers. */
export function drawParticipants(
  available: readonly number[],
  options: ParticipationOptions,
  localSteps: number,
  key: RandomKey,
): Participation {
  const { fraction = 1, count, dropout = 0, straggler = 0, stragglerShare = 0.5 } = options
  const wanted = Math.min(available.length, count ?? Math.max(1, Math.round(fraction * available.length)))
  const asked =
    wanted === available.length
      ? [...available]
      : Array.from(randomPermutation(key.foldIn('clients'), available.length).subarray(0, wanted), (i) => available[i]!)
  asked.sort((a, b) => a - b)
  const chance = (name: string, client: number): number =>
    new RandomStream(key.foldIn(name).foldIn(client)).nextUniform()
  const dropped = dropout > 0 ? asked.filter((client) => chance('dropout', client) < dropout) : []
  if (dropped.length === asked.length) dropped.shift()
  const participants = asked.filter((client) => !dropped.includes(client))
  const stragglers = straggler > 0 ? participants.filter((client) => chance('straggler', client) < straggler) : []
  const few = Math.floor(stragglerShare * localSteps)
  return {
    participants: Int32Array.from(participants),
    steps: Int32Array.from(participants, (client) => (stragglers.includes(client) ? few : localSteps)),
    dropped,
    stragglers,
  }
}
