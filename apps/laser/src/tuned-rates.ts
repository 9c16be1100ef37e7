import type { Tuning } from './tune.js'

// Learning rates of the laptop preset by the identity of a cell (what `npm start -- laser --preset complete` writes to
// .cache/studies/laser-tuning). Tuning takes as long as the runs of all seeds do.

export const tunedRates: Readonly<Record<string, Tuning & { readonly arm: string }>> = {}
