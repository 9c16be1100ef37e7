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

type Order = Pick<StackConfig, 'kind' | 'begin' | 'layers' | 'end' | 'repeats'> & Partial<Pick<StackConfig, 'halting'>>

/** The applications of blocks, in order, as the stack of this kind makes them for a token that takes all repeats. */
export function blockVisits({ kind, begin, layers, end, repeats, halting = 'none' }: Order): BlockVisit[] {
  const visits: BlockVisit[] = []
  const once = (first: number, count: number): void => {
    for (let i = 0; i < count; i++) visits.push({ block: first + i, repeat: 0, segments: 1 })
  }
  once(0, begin)
  for (let repeat = 1; repeat <= repeats; repeat++) {
    for (let i = 0; i < layers; i++)
      visits.push({ block: begin + i, repeat, segments: kind === 'cotformer' ? repeat : 1 })
    if (halting === 'ponder-net') once(begin + layers, end) // every repeat is an exit
  }
  if (halting !== 'ponder-net') once(begin + layers, end)
  return visits
}
