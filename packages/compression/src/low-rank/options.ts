import { randomKey, type RandomKey } from '@lemanic/tensor-core'
import { checkChoice, checkNumber, checkOptions, checkWhole } from '../refuse.js'
import { matrixShape, type MatrixShape } from './matrix-plan.js'
import type { Orthogonalization } from './orthonormal-basis.js'

export interface LowRankOptions {
  /** Rank r ≥ 1 of the approximation; of a smaller matrix, its full rank. */
  readonly rank: number
  /** A tensor that would shrink by no more than this factor is sent whole. 0 compresses all matrices. Default 2. */
  readonly minimumRate?: number
  /** Rounds in a step, each sending the best of what the earlier ones left over. Default 1. */
  readonly iterations?: number
  /** Start from the factors of the last step. Default true. */
  readonly warmStart?: boolean
  /** Default `qr`, the engine's; `gram-schmidt` is composed of simpler operations. */
  readonly orthogonalization?: Orthogonalization
  /** How tensors are seen as matrices. Default: all axes but the last are rows. */
  readonly matrixShape?: MatrixShape
  /** Draws the first factors, alike on all ranks. Default `randomKey(0)`. */
  readonly key?: RandomKey
}

export const lowRankOptions = [
  'rank',
  'minimumRate',
  'iterations',
  'warmStart',
  'orthogonalization',
  'matrixShape',
  'key',
]

/** Options with their defaults; refuses impossible ones. */
export function readLowRankOptions(
  where: string,
  options: LowRankOptions,
  known: readonly string[] = lowRankOptions,
): Required<LowRankOptions> {
  checkOptions(where, options, known)
  const { rank, minimumRate = 2, iterations = 1, warmStart = true, orthogonalization = 'qr' } = options
  checkWhole(where, 'rank', rank, 1)
  checkNumber(where, 'minimumRate', minimumRate, (x) => x >= 0 && x < Infinity, 'a finite number ≥ 0')
  checkWhole(where, 'iterations', iterations, 1)
  checkChoice(where, 'orthogonalization', orthogonalization, ['qr', 'gram-schmidt'])
  return {
    rank,
    minimumRate,
    iterations,
    warmStart,
    orthogonalization,
    matrixShape: options.matrixShape ?? matrixShape,
    key: options.key ?? randomKey(0),
  }
}
