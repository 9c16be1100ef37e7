import { argumentError, checkChoice } from '../refuse.js'

/** Weight of a tensor in its worker's share of the power, from its payload's norm and number of entries. */
export type AllocationRule = (norm: number, size: number) => number

/** `norm` is the paper's; the others are those of its rank study. */
export type PowerAllocation = 'norm' | 'norm-squared' | 'uniform' | 'size' | 'size-squared' | AllocationRule

const rules: Readonly<Record<string, AllocationRule>> = {
  norm: (norm) => norm,
  'norm-squared': (norm) => norm * norm,
  uniform: () => 1,
  size: (_, size) => size,
  'size-squared': (_, size) => size * size,
}

export function allocationRule(allocation: PowerAllocation): AllocationRule {
  if (typeof allocation === 'function') return allocation
  checkChoice('gaussianChannel', 'allocation', allocation, Object.keys(rules))
  return rules[allocation]
}

/**
 * Each worker's shares of the power: row k of `norms` holds ‖u_k^j‖ of its tensors j, and so does the result, with sums
 * of 1. A worker with nothing to send has shares of 0.
 */
export function powerShares(
  norms: readonly Float64Array[],
  sizes: readonly number[],
  rule: AllocationRule,
): Float64Array[] {
  return norms.map((row) => {
    const isSilent = row.every((norm) => norm === 0)
    const weights = row.map((norm, j) => (isSilent ? 0 : rule(norm, sizes[j])))
    if (weights.some((weight) => !(weight >= 0 && weight < Infinity)))
      throw argumentError('gaussianChannel', `allocation: expected finite weights ≥ 0, got [${weights.join(', ')}]`, {
        help: 'a gradient that is not finite also gives this',
      })
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    return total === 0 ? weights : weights.map((weight) => weight / total)
  })
}
