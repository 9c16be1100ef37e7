import { checkWhole } from '../refuse.js'
import type { Attack } from './attack.js'

/**
 * Attackers train honestly on wrong labels: y → C − 1 − y, or with a shift k, y → (y + k) mod C.
 *
 * Karimireddy, He, Jaggi, 2022 (arXiv 2006.09365), §C; the shift is the "private label" of Werner et al., 2023.
 *
 * @param options.shift k ≥ 1. Default: none, the labels are mirrored.
 */
export function labelFlip({ shift }: { readonly shift?: number } = {}): Attack {
  if (shift !== undefined) checkWhole('labelFlip', 'shift', shift, 1)
  return {
    name: 'label-flip',
    poison: (labels, classes) =>
      labels.map((label) => (shift === undefined ? classes - 1 - label : (label + shift) % classes)),
  }
}
