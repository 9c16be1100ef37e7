import { defaultBackend, keep, scope, tensor } from '@lemanic/tensor-core'
import type { Params, RandomKey, Tensor } from '@lemanic/tensor-core'
import type { Decoder } from './model.js'
import { optionError } from './option-check.js'
import type { Routing } from './stacks/routing.js'

/** How a sequence went through a stack that halts. */
export interface ExitTrace {
  /** Repeats that each token took, 1 … R. */
  readonly repeats: Int32Array
  /** For each router, from the first: the weight (sigmoid of the score) that it gave each token; NaN where a token had stopped. */
  readonly weights: readonly Float32Array[]
}

export interface TraceOptions {
  /** Which tokens of a Mixture of Repeats go on. Default: all of them. */
  readonly routing?: Routing
  /** Decides the exits of PonderNet. */
  readonly key?: RandomKey
}

/**
 * How many repeats each token of a sequence takes, and what the routers thought of it. `tokens`: 1 to contextLength ids.
 * A place of a pause token counts as a token.
 *
 * Throws `invalid-option` for a model whose tokens all take every repeat.
 */
export async function traceExits(
  model: Decoder,
  params: Params,
  tokens: ArrayLike<number>,
  { routing, key }: TraceOptions = {},
): Promise<ExitTrace> {
  if (model.config.stack.halting === 'none')
    throw optionError('stack.halting', 'another kind than "none": here every token takes all repeats', 'none')
  const backend = Object.values(params)[0]?.backend ?? defaultBackend()
  const events: { active: Tensor; weights: Tensor | undefined }[] = []
  try {
    scope(() => {
      const ids = tensor(Int32Array.from(tokens), [1, tokens.length], { backend })
      model.hiddenStates(
        params,
        { tokens: ids },
        {
          training: false,
          ...(routing && { routing }),
          ...(key && { key }),
          observeRepeats: ({ active, weights }) => {
            events.push({ active: keep(active), weights: weights && keep(weights) })
          },
        },
      )
    })
    const weights: Float32Array[] = []
    let repeats = new Int32Array(0)
    for (const { active, weights: own } of events) {
      const flags = await active.data()
      if (repeats.length === 0) repeats = new Int32Array(flags.length)
      flags.forEach((flag, i) => (repeats[i]! += flag === 0 ? 0 : 1))
      if (own === undefined) continue
      const values = (await own.data()) as Float32Array
      weights.push(values.map((value, i) => (flags[i] === 0 ? NaN : value)))
    }
    return { repeats, weights }
  } finally {
    for (const { active, weights } of events) {
      active.dispose()
      weights?.dispose()
    }
  }
}
