import { CurationError } from './curation-error.js'
import type { Share } from './document.js'

/** Tells, for the i-th item of a source, whether it belongs to this share: items are dealt out in turn. */
export function belongsTo({ rank = 0, worldSize = 1 }: Share): (item: number) => boolean {
  if (!Number.isInteger(worldSize) || worldSize < 1) {
    throw new CurationError('invalid-argument', `expected "worldSize" to be an integer from 1, got ${worldSize}`, {
      fields: { worldSize },
      help: 'worldSize is the number of processes that share the work',
    })
  }
  if (!Number.isInteger(rank) || rank < 0 || rank >= worldSize) {
    throw new CurationError(
      'invalid-argument',
      `expected "rank" to be an integer from 0 to ${worldSize - 1}, got ${rank}`,
      {
        fields: { rank, worldSize },
        help: 'ranks count from 0; in a job array pass the task number minus its first',
      },
    )
  }
  return (item) => item % worldSize === rank
}
