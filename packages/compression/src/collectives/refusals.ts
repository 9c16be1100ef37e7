import { LemanicError } from '@lemanic/tensor-core'

const restart =
  'start all ranks again: with checkpoints (distributedCheckpoints) they go on from the newest step that every rank has'

/** A rank whose process ended, or whose machine cannot be reached. */
export function rankLost(rank: number, how: string, during: string): LemanicError {
  return new LemanicError('rank-lost', `rank ${rank} is lost: ${how}, ${during}`, {
    fields: { rank, how },
    help: `look at the output of rank ${rank}; ${restart}`,
  })
}

/** A rank that said itself why it left. */
export function rankFailed(rank: number, message: string): LemanicError {
  return new LemanicError('rank-failed', `rank ${rank} ended the run: ${message}`, { fields: { rank }, help: restart })
}

export function rankLeft(rank: number, during: string): LemanicError {
  return new LemanicError('rank-lost', `rank ${rank} has closed its end of the world, ${during}`, {
    fields: { rank, how: 'closed' },
    help: 'all ranks have to make the same calls in the same order, and close after the last one',
  })
}

export function mismatch(call: number, rank: number, own: string, other: number, others: string): LemanicError {
  return new LemanicError(
    'collective-mismatch',
    `collective call ${call}: rank ${rank} calls ${own}, rank ${other} calls ${others}`,
    {
      fields: { call, rank: other, own, others },
      help: 'all ranks have to make the same calls in the same order, with vectors of one length',
    },
  )
}

export function timedOut(rank: number | undefined, timeout: number, during: string): LemanicError {
  const who = rank === undefined ? 'not all other ranks came' : `no word from rank ${rank}`
  return new LemanicError('collective-timeout', `${who} for ${timeout / 1000} s, ${during}`, {
    fields: { rank, timeout },
    help: 'is a rank stopped, or does a step take longer? Then raise "timeout" (milliseconds)',
  })
}

export function closedHere(): LemanicError {
  return new LemanicError('world-closed', 'this rank has closed its end of the world', {
    help: 'close after the last collective call',
  })
}

export function notJoined(message: string, fields: Readonly<Record<string, unknown>>, help: string): LemanicError {
  return new LemanicError('join-failed', `joinWorld: ${message}`, { fields, help })
}
