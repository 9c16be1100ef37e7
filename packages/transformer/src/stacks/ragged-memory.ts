/**
 * Keys and values of a Mixture of Repeats: each repeat remembers those of the tokens that it worked on, so that a token
 * that stopped after repeat h has entries 1 … h alone, and later tokens see whatever is there. No key is copied forward.
 */
import { concat, keep, lessEqual, reshape, where } from '@lemanic/tensor-core'
import type { Tensor } from '@lemanic/tensor-core'
import type { KeyValueMemory } from '../blocks/attention.js'
import type { Rotation } from '../blocks/rotation.js'
import type { ActiveTokens } from './active-tokens.js'

/** What one repeat remembers of the tokens of earlier passes. */
interface RaggedRepeat {
  /** Of each layer, [B, S, G, D]. */
  readonly keys: Tensor[]
  readonly values: Tensor[]
  /** int32 [B, S]; the hidden position where a row has no token. */
  positions: Tensor
}

const tensorsOf = ({ keys, values, positions }: RaggedRepeat): Tensor[] => [...keys, ...values, positions]

/** The part of a cache that holds the keys and values of routed repeats. */
export class RaggedStore {
  #repeats: (RaggedRepeat | undefined)[] = []
  #next = new Map<number, RaggedRepeat>()

  /** What a repeat (from 1) remembers from earlier passes. */
  past(repeat: number): RaggedRepeat | undefined {
    return this.#repeats[repeat]
  }

  /** Where the running pass puts what a repeat shall remember after it. */
  next(repeat: number, positions: Tensor): RaggedRepeat {
    const made = { keys: [], values: [], positions }
    this.#next.set(repeat, made)
    return made
  }

  /** Tensors that the running pass has made. */
  get held(): readonly Tensor[] {
    return [...this.#next.values()].flatMap(tensorsOf)
  }

  commit(): void {
    for (const [repeat, made] of this.#next) {
      const old = this.#repeats[repeat]
      if (old !== undefined) for (const x of tensorsOf(old)) x.dispose()
      keep(tensorsOf(made))
      this.#repeats[repeat] = made
    }
  }

  /** Forgets what a pass that failed has made. */
  forget(): void {
    this.#next.clear()
  }

  /** Every tensor that is kept. */
  all(): Tensor[] {
    return this.#repeats.flatMap((repeat) => (repeat === undefined ? [] : tensorsOf(repeat)))
  }

  /** Replaces each tensor by what `move` makes of it. */
  move(move: (x: Tensor) => Tensor): void {
    this.#repeats = this.#repeats.map(
      (repeat) =>
        repeat && {
          keys: repeat.keys.map(move),
          values: repeat.values.map(move),
          positions: move(repeat.positions),
        },
    )
  }

  dispose(): void {
    for (const x of this.all()) x.dispose()
    this.#repeats = []
    this.#next.clear()
  }
}

interface LayerMemory {
  readonly keys: Tensor[]
  readonly values: Tensor[]
}

/** The memories of the repeated blocks in one pass: segments of all repeats so far under one softmax. */
export class RaggedMemory {
  readonly #layers: LayerMemory[]
  readonly #positions: Tensor[] = []
  readonly #store: RaggedStore | undefined
  #isPlain: boolean
  #past: RaggedRepeat | undefined
  #next: RaggedRepeat | undefined
  #bias: Tensor | undefined
  #rotate: Rotation | undefined

  /** `isPlain`: no padding, and nothing before this pass. */
  constructor(layers: number, store: RaggedStore | undefined, isPlain: boolean) {
    this.#layers = Array.from({ length: layers }, () => ({ keys: [], values: [] }))
    this.#store = store
    this.#isPlain = isPlain
  }

  /** Begins a repeat that works on these tokens. */
  enter(repeat: number, active: ActiveTokens, rotate: Rotation | undefined): void {
    this.#rotate = rotate
    this.#past = this.#store?.past(repeat)
    const positions =
      this.#past === undefined ? active.keyPositions : concat([this.#past.positions, active.keyPositions], 1)
    this.#next = this.#store?.next(repeat, positions)
    this.#positions.push(positions)
    this.#isPlain &&= active.flat === undefined && this.#past === undefined
    this.#bias = this.#isPlain ? undefined : hideLater(active.positions, this.#positions)
  }

  /** The memory of a layer, as its block takes it. */
  of(layer: number): KeyValueMemory {
    const { keys, values } = this.#layers[layer]!
    const [past, next, bias] = [this.#past, this.#next, this.#bias]
    return {
      get held() {
        return [...keys, ...values]
      },
      ...(this.#rotate && { rotate: this.#rotate }),
      remember(own) {
        const key = past === undefined ? own.keys[0]! : concat([past.keys[layer]!, own.keys[0]!], 1)
        const value = past === undefined ? own.values[0]! : concat([past.values[layer]!, own.values[0]!], 1)
        keys.push(key)
        values.push(value)
        next?.keys.push(key)
        next?.values.push(value)
        const seen = { keys: [...keys], values: [...values] }
        return bias === undefined ? seen : { ...seen, bias, causal: false }
      },
    }
  }
}

/** 0 where a key stands at the query's position or before, −∞ elsewhere: [B, 1, K, ΣS]. */
function hideLater(queries: Tensor, segments: readonly Tensor[]): Tensor {
  const keys = segments.length === 1 ? segments[0]! : concat([...segments], 1)
  const [batch, count] = queries.shape as [number, number]
  const seen = lessEqual(reshape(keys, [batch, 1, keys.shape[1]!]), reshape(queries, [batch, count, 1]))
  return reshape(where(seen, 0, -Infinity), [batch, 1, count, keys.shape[1]!])
}
