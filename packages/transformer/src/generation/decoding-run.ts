import { gather, scope, slice, tensor } from '@lemanic/tensor-core'
import type { Backend, Params, Tensor } from '@lemanic/tensor-core'
import { KeyValueCache } from '../blocks/key-value-cache.js'
import type { EncoderDecoder } from '../model.js'
import type { Routing } from '../stacks/routing.js'
import type { GenerativeModel, RowInput } from './generation-options.js'

/** Rows of ids of several lengths as one batch; padding is 0, on the side that is not read last. */
function joinRows(
  rows: readonly ArrayLike<number>[],
  side: 'left' | 'right',
  backend: Backend,
): { ids: Tensor; mask?: Tensor } {
  const time = Math.max(...rows.map(({ length }) => length))
  const ids = new Int32Array(rows.length * time)
  const mask = new Int32Array(rows.length * time)
  rows.forEach((row, i) => {
    const start = i * time + (side === 'left' ? time - row.length : 0)
    ids.set(Array.from(row), start)
    mask.fill(1, start, start + row.length)
  })
  const shape = [rows.length, time]
  return {
    ids: tensor(ids, shape, { backend }),
    ...(mask.includes(0) && { mask: tensor(mask, shape, { backend }) }),
  }
}

/**
 * Several texts being written at once: keeps their ids and the model's cache, and gives the logits of the next tokens.
 * A decoder's text may grow beyond the contextLength: from then on each step reads the last contextLength tokens again,
 * since a position that falls out changes all that were worked out from it.
 */
export class DecodingRun {
  /** Ids of each row, prompt and new tokens. */
  rows: number[][]
  readonly #model: GenerativeModel
  readonly #params: Params
  readonly #backend: Backend
  readonly #cache = new KeyValueCache()
  #encoded: { encoded: Tensor; sourceMask?: Tensor } | undefined

  readonly #routing: Routing | undefined

  /** `thresholds`: where the routers of a Mixture of Repeats let a token go on. */
  constructor(
    model: GenerativeModel,
    params: Params,
    inputs: readonly RowInput[],
    thresholds: readonly number[] | undefined,
  ) {
    this.#routing = thresholds && { thresholds }
    this.#model = model
    this.#params = params
    this.#backend = params['embedding.weight']!.backend
    this.rows = inputs.map(({ prompt }) => Array.from(prompt))
    if (!('encode' in model)) return
    this.#encoded = scope(() => {
      const { ids, mask } = joinRows(
        inputs.map(({ source }) => source!),
        'right',
        this.#backend,
      )
      const encoded = model.encode(params, { sources: ids, ...(mask && { sourceMask: mask }) }, { training: false })
      return { encoded, ...(mask && { sourceMask: mask }) }
    })
  }

  /** Logits of the token after each row, [rows · vocabularySize]. */
  async next(): Promise<Float32Array> {
    using logits = scope(() => this.#logits())
    return (await logits.data()) as Float32Array
  }

  #logits(): Tensor {
    const { contextLength } = this.#model.config
    const longest = Math.max(...this.rows.map(({ length }) => length))
    const seen = this.#cache.length
    if (longest > contextLength) {
      this.#cache.dispose()
      return this.#pass(
        joinRows(
          this.rows.map((row) => row.slice(-contextLength)),
          'left',
          this.#backend,
        ),
        undefined,
      )
    }
    if (seen === 0) return this.#pass(joinRows(this.rows, 'left', this.#backend), this.#cache)
    const last = Int32Array.from(this.rows, (row) => row.at(-1)!)
    return this.#pass({ ids: tensor(last, [last.length, 1], { backend: this.#backend }) }, this.#cache)
  }

  #pass({ ids, mask }: { ids: Tensor; mask?: Tensor }, cache: KeyValueCache | undefined): Tensor {
    const model = this.#model
    const batch = { tokens: ids, ...(mask && { mask }) }
    const context = { training: false, ...(cache && { cache }), ...(this.#routing && { routing: this.#routing }) }
    const hidden =
      this.#encoded === undefined
        ? (model as Exclude<GenerativeModel, EncoderDecoder>).hiddenStates(this.#params, batch, context)
        : (model as EncoderDecoder).hiddenStates(this.#params, { ...batch, ...this.#encoded }, context)
    const time = hidden.shape[1]!
    return model.head(this.#params, time === 1 ? hidden : slice(hidden, [undefined, [time - 1, time]]))
  }

  /** Row i becomes what row `from[i]` was; rows that are not named end. */
  choose(from: readonly number[]): void {
    if (from.length === this.rows.length && from.every((row, i) => row === i)) return
    this.rows = from.map((row) => this.rows[row]!.slice())
    this.#cache.reorder(from)
    const encoded = this.#encoded
    if (encoded === undefined) return
    this.#encoded = scope(() => {
      const rows = tensor(Int32Array.from(from), [from.length], { backend: this.#backend })
      const pick = (x: Tensor): Tensor => gather(x, rows)
      return {
        encoded: pick(encoded.encoded),
        ...(encoded.sourceMask && { sourceMask: pick(encoded.sourceMask) }),
      }
    })
    encoded.encoded.dispose()
    encoded.sourceMask?.dispose()
  }

  [Symbol.dispose](): void {
    this.#cache.dispose()
    this.#encoded?.encoded.dispose()
    this.#encoded?.sourceMask?.dispose()
  }
}
