import type { StackConfig } from './config.js'

/** One application of a block in the forward pass. */
export interface BlockVisit {
  /** Which of the distinct blocks, from 0. */
  readonly block: number
  /** 1 … R inside the repeated part; 0 before and after it. */
  readonly repeat: number
  /** How many times its queries see each position: one segment of keys a repeat remembered. */
  readonly segments: number
}

/** The applications of blocks, in order, as the stack of this kind makes them. */
export function blockVisits({
  kind,
  begin,
  layers,
  end,
  repeats,
}: Pick<StackConfig, 'kind' | 'begin' | 'layers' | 'end' | 'repeats'>): BlockVisit[] {
  const visits: BlockVisit[] = []
  const once = (block: number): void => void visits.push({ block, repeat: 0, segments: 1 })
  for (let i = 0; i < begin; i++) once(i)
  for (let repeat = 1; repeat <= repeats; repeat++) {
    for (let i = 0; i < layers; i++)
      visits.push({ block: begin + i, repeat, segments: kind === 'cotformer' ? repeat : 1 })
  }
  for (let i = 0; i < end; i++) once(begin + layers + i)
  return visits
}
