import { defaultBackend, LemanicError, scope, softmaxCrossEntropy, tensor } from '@lemanic/tensor-core'
import type { Params, RandomKey } from '@lemanic/tensor-core'
import { checkTokenIds } from './batch-check.js'
import type { Decoder } from './model.js'
import { checkWhole } from './option-check.js'
import type { Routing } from './stacks/routing.js'

export interface EvaluateOptions {
  /** Sequences in one forward pass. Default 16. */
  readonly batchSize?: number
  /** Which tokens of a Mixture of Repeats go on. Default: all of them. */
  readonly routing?: Routing
  /** Decides the exits of PonderNet; batch i draws with the key folded with i. Default: the exits by which half has halted. */
  readonly key?: RandomKey
  /** Ends the evaluation between two batches, with the signal's reason. */
  readonly signal?: AbortSignal
}

export interface Evaluation {
  /** Mean cross-entropy in nats over all predicted tokens. */
  readonly loss: number
  /** Number of predicted tokens. */
  readonly tokens: number
  /** Mean loss of each chunk, in the order given: the units of a paired bootstrap. */
  readonly sequenceLosses: Float64Array
  /** Predicted tokens of each chunk: the weights that turn `sequenceLosses` into `loss`. */
  readonly sequenceTokens: Int32Array
}

/** Runs of chunks of one length, at most `batchSize` long: [first, count]. */
function batchesOf(chunks: readonly ArrayLike<number>[], batchSize: number): [number, number][] {
  const batches: [number, number][] = []
  for (let first = 0; first < chunks.length; ) {
    let count = 1
    while (count < batchSize && chunks[first + count]?.length === chunks[first]!.length) count++
    batches.push([first, count])
    first += count
  }
  return batches
}

function checkChunks({ config }: Decoder, chunks: readonly ArrayLike<number>[]): void {
  if (chunks.length === 0)
    throw new LemanicError('invalid-batch', 'chunks: expected at least one chunk of tokens, got none')
  chunks.forEach((chunk, i) => {
    if (chunk.length < 2 || chunk.length > config.contextLength + 1) {
      throw new LemanicError(
        'invalid-batch',
        `chunks[${i}]: expected 2 to contextLength + 1 = ${config.contextLength + 1} tokens, got ${chunk.length}`,
        {
          fields: { chunk: i, length: chunk.length, contextLength: config.contextLength },
          help: 'cut the text into chunks of contextLength inputs and the last target',
        },
      )
    }
    checkTokenIds(`chunks[${i}]`, chunk, config.vocabularySize)
  })
}

/**
 * How well the model predicts text: each chunk of n + 1 tokens gives n predictions, each from the tokens of the chunk
 * before it. Chunks may differ in length; the loss weighs every predicted token the same and does not depend on
 * `batchSize` but for rounding. Leaves no tensor behind.
 *
 * Throws `LemanicError` `invalid-batch` for no chunk, a chunk that is too short or too long, or an id outside.
 */
export async function evaluate(
  model: Decoder,
  params: Params,
  chunks: readonly ArrayLike<number>[],
  { batchSize = 16, signal, routing, key }: EvaluateOptions = {},
): Promise<Evaluation> {
  checkWhole('batchSize', batchSize, 1)
  checkChunks(model, chunks)
  const backend = Object.values(params)[0]?.backend ?? defaultBackend()
  const sequenceLosses = new Float64Array(chunks.length)
  const sequenceTokens = Int32Array.from(chunks, (chunk) => chunk.length - 1)
  let sum = 0
  let tokens = 0
  for (const [first, count] of batchesOf(chunks, batchSize)) {
    signal?.throwIfAborted()
    const time = sequenceTokens[first]!
    const inputs = new Int32Array(count * time)
    const targets = new Int32Array(count * time)
    for (let row = 0; row < count; row++) {
      const chunk = chunks[first + row]!
      for (let t = 0; t < time; t++) {
        inputs[row * time + t] = chunk[t]!
        targets[row * time + t] = chunk[t + 1]!
      }
    }
    using losses = scope(() => {
      const context = { training: false, ...(routing && { routing }), ...(key && { key: key.foldIn(first) }) }
      const logits = model.apply(params, { tokens: tensor(inputs, [count, time], { backend }) }, context)
      return softmaxCrossEntropy(logits, tensor(targets, [count, time], { backend }), { reduction: 'none' })
    })
    const values = await losses.data()
    for (let row = 0; row < count; row++) {
      let rowSum = 0
      for (let t = 0; t < time; t++) rowSum += values[row * time + t]!
      sequenceLosses[first + row] = rowSum / time
      sum += rowSum
      tokens += time
    }
  }
  return { loss: sum / tokens, tokens, sequenceLosses, sequenceTokens }
}
