/**
 * Steps of one token a row, recorded once and replayed by the engine: what changes between two steps is the token, its
 * position and the number of keys, so that nothing but these leaves JavaScript. Keys and values lie in tensors with room
 * for `capacity` tokens; the newest are written behind the others where they lie. When the room is used up, or rows come
 * and go, the tensors are made anew and the step is recorded again.
 */
import { argMax, compile, dispose, dynamic, gather, keep, pad, scope, tensor } from '@lemanic/tensor-core'
import type { Backend, CompiledStep, CompileReport, Params, Scalar, Tensor } from '@lemanic/tensor-core'
import { DecodingFrame, type DecodingTensors } from '../blocks/decoding-frame.js'
import type { KeyValueCache } from '../blocks/key-value-cache.js'
import { paddingBias, relativeBucket } from '../blocks/score-bias.js'
import type { GenerativeModel } from './generation-options.js'

/** Stacks that apply the same blocks to every token, whatever it is: one recording stands for all steps. */
const stacks: ReadonlySet<string> = new Set(['standard', 'block-universal', 'cotformer'])

/** Whether the steps of a model can be recorded. */
export function canRecord(model: GenerativeModel): boolean {
  if ('encode' in model) return true
  const { stack, pauseTokens } = model.config
  return stacks.has(stack.kind) && stack.halting === 'none' && pauseTokens === 0
}

/** What the encoder has left for the decoder's steps. */
export interface Encoded {
  readonly encoded: Tensor
  readonly sourceMask?: Tensor
}

/** What lasts from step to step; positions and buckets are made for each. */
type Lasting = Omit<DecodingTensors, 'positions' | 'buckets'>

interface Outcome {
  /** Logits [B, 1, V], or the most likely tokens [B, 1]. */
  readonly result: Tensor
  /** The keys and values with those of the step; absent on engines that write them where they lie. */
  readonly kept?: Pick<Lasting, 'keys' | 'values'>
}

type Step = CompiledStep<[tokens: Tensor, past: Scalar, tensors: DecodingTensors, isGreedy: boolean], Outcome>

/** Room to take: for all that is expected, but no more than doubles what is there or adds a thousand tokens. */
function roomFor(length: number, expected: number, contextLength: number): number {
  const most = Math.max(2 * length, length + 1024)
  const wanted = Math.min(Math.max(expected, length + 1), most)
  return Math.min(contextLength, Math.ceil(wanted / 16) * 16)
}

/** [B, T, …] → [B, capacity, …], zeros behind. */
function withRoom(x: Tensor, capacity: number): Tensor {
  return pad(
    x,
    x.shape.map((length, axis) => [0, axis === 1 ? capacity - length : 0] as const),
  )
}

function createStep(model: GenerativeModel, params: Params, isInPlace: boolean): Step {
  return compile((tokens: Tensor, past: Scalar, tensors: DecodingTensors, isGreedy: boolean): Outcome => {
    const frame = new DecodingFrame(tensors, past)
    const context = { training: false, frame }
    const hidden =
      'encode' in model
        ? model.hiddenStates(params, { tokens, encoded: tensors.encoded! }, context)
        : model.hiddenStates(params, { tokens }, context)
    const logits = model.head(params, hidden)
    const result = isGreedy ? argMax(logits, 2) : logits
    return { result, ...(!isInPlace && { kept: { keys: frame.keys, values: frame.values } }) }
  })
}

export class RecordedDecoding {
  readonly #backend: Backend
  readonly #contextLength: number
  readonly #expected: number
  readonly #step: Step
  /** The bucket of a key so many tokens before the query. */
  readonly #bucketOf: ((distance: number) => number) | undefined
  #tensors: Lasting
  #length: number
  #capacity: number
  /** Padding before the text of each row. */
  #skipped: readonly number[]
  /** Which prompt each row has come from: beams of one prompt share what was made of it and of its source. */
  #origins: readonly number[]

  /**
   * Goes on where a pass over prompts, padded on the left, has filled `cache`, whose tensors are copied; `encoded` is
   * taken over. `expected` is how many tokens a row may have in the end.
   */
  constructor(
    model: GenerativeModel,
    params: Params,
    cache: KeyValueCache,
    encoded: Encoded | undefined,
    expected: number,
  ) {
    const { contextLength, positions, relative } = model.config
    const { visible, length, rows } = cache
    this.#backend = params['embedding.weight']!.backend
    this.#contextLength = contextLength
    this.#expected = expected
    this.#length = length
    this.#capacity = roomFor(length, expected, contextLength)
    this.#bucketOf = positions === 'relative' ? (distance) => relativeBucket(-distance, relative, false) : undefined
    this.#skipped = Array.from({ length: rows }, (_, row) =>
      visible === undefined ? 0 : visible.subarray(row * length, (row + 1) * length).indexOf(1),
    )
    this.#origins = this.#skipped.map((_, row) => row)
    this.#step = createStep(model, params, this.#backend.kernels.updateRows !== undefined)
    const sources = cache.entries.flatMap(({ source }) => (source === undefined ? [] : [source]))
    this.#tensors = keep(
      scope(() => {
        const sourceMask = encoded?.sourceMask?.dataSync()
        return {
          keys: cache.entries.map(({ keys }) => withRoom(keys[0]!, this.#capacity)),
          values: cache.entries.map(({ values }) => withRoom(values[0]!, this.#capacity)),
          sourceKeys: sources.map(([key]) => withRoom(key, key.shape[1]!)),
          sourceValues: sources.map(([, value]) => withRoom(value, value.shape[1]!)),
          ...this.#padding(),
          ...(sourceMask && {
            sourcePadding: paddingBias(Uint8Array.from(sourceMask), { backend: this.#backend, batch: rows, time: 1 }),
          }),
          ...(encoded && { encoded: encoded.encoded }),
        }
      }),
    )
    encoded?.sourceMask?.dispose()
  }

  /** Tokens of each row, padding included. */
  get length(): number {
    return this.#length
  }

  /** What became of the recording. */
  get report(): CompileReport {
    return this.#step.report()
  }

  #padding(): Pick<Lasting, 'padding'> {
    const [rows, capacity] = [this.#skipped.length, this.#capacity]
    if (this.#skipped.every((skipped) => skipped === 0)) return {}
    const visible = new Uint8Array(rows * capacity).fill(1)
    this.#skipped.forEach((skipped, row) => visible.fill(0, row * capacity, row * capacity + skipped))
    return { padding: paddingBias(visible, { backend: this.#backend, batch: rows, time: 1 }) }
  }

  /**
   * Reads one token of each row → the logits of the next [rows · vocabularySize], or the most likely ones [rows] where
   * `isGreedy`.
   */
  async next(tokens: Int32Array, isGreedy: boolean): Promise<Float32Array | Int32Array> {
    if (this.#length === this.#capacity) this.#grow()
    const past = this.#length
    const [backend, rows] = [this.#backend, tokens.length]
    const outcome = scope(() => {
      const positions = Int32Array.from(this.#skipped, (skipped) => past - skipped)
      const bucketOf = this.#bucketOf
      const buckets = bucketOf && Int32Array.from({ length: this.#capacity }, (_, key) => bucketOf(past - key))
      const tensors: DecodingTensors = {
        ...this.#tensors,
        positions: tensor(positions, [rows, 1], { backend }),
        ...(buckets && { buckets: tensor(buckets, [1, buckets.length], { backend }) }),
      }
      return this.#step(tensor(tokens, [rows, 1], { backend }), dynamic(past), tensors, isGreedy)
    })
    this.#length++
    const { kept } = outcome
    if (kept !== undefined) this.#replace((before) => ({ ...before, ...kept }))
    using result = outcome.result
    return (await result.data()) as Float32Array | Int32Array
  }

  #grow(): void {
    this.#capacity = roomFor(this.#length, this.#expected, this.#contextLength)
    const grown = (x: Tensor): Tensor => withRoom(x, this.#capacity)
    this.#replace((before) => ({
      ...before,
      keys: before.keys.map(grown),
      values: before.values.map(grown),
      ...this.#padding(),
    }))
  }

  /** Row i becomes what row `from[i]` was; rows that are not named end. */
  choose(from: readonly number[]): void {
    const origins = from.map((row) => this.#origins[row]!)
    const isShared = origins.length === this.#origins.length && origins.every((own, row) => own === this.#origins[row])
    this.#origins = origins
    this.#skipped = from.map((row) => this.#skipped[row]!)
    this.#replace((before) => {
      const rows = tensor(Int32Array.from(from), [from.length], { backend: this.#backend })
      const moved = (x: Tensor): Tensor => gather(x, rows)
      const own = { keys: before.keys.map(moved), values: before.values.map(moved) }
      if (isShared) return { ...before, ...own }
      return {
        ...own,
        sourceKeys: before.sourceKeys.map(moved),
        sourceValues: before.sourceValues.map(moved),
        ...(before.padding && { padding: moved(before.padding) }),
        ...(before.sourcePadding && { sourcePadding: moved(before.sourcePadding) }),
        ...(before.encoded && { encoded: moved(before.encoded) }),
      }
    })
  }

  /** Other tensors in the place of those that are there; what is not among them is given back. */
  #replace(make: (before: Lasting) => Lasting): void {
    const before = this.#tensors
    this.#tensors = keep(scope(() => make(before)))
    const kept = new Set(tensorsOf(this.#tensors))
    for (const old of tensorsOf(before)) if (!kept.has(old)) old.dispose()
  }

  [Symbol.dispose](): void {
    dispose(this.#tensors)
    this.#step.dispose()
  }
}

const tensorsOf = ({ keys, values, sourceKeys, sourceValues, padding, sourcePadding, encoded }: Lasting): Tensor[] =>
  [...keys, ...values, ...sourceKeys, ...sourceValues, padding, sourcePadding, encoded].filter((x) => x !== undefined)
