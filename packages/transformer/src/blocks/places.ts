import type { Backend } from '@lemanic/tensor-core'
import type { DecodingFrame } from './decoding-frame.js'

/** Where the tokens of one forward pass stand: B sequences of T tokens after `past` ones that a cache holds. */
export interface Places {
  readonly backend: Backend
  readonly batch: number
  readonly time: number
  /** Tokens (padding included) that came before, in the cache. */
  readonly past: number
  /** The position of each token, [B · T], counting no padding; absent where token t of every row has past + t. */
  readonly positions?: Int32Array
  /** 1 for each key that is a token, 0 for padding, [B · (past + T)]; absent where all are tokens. */
  readonly visible?: Uint8Array
  /** One token of each row in a step that is recorded: the frame knows where they stand, and `past` is of no meaning. */
  readonly frame?: DecodingFrame
}

/** The places of rows of tokens; `mask` [B · T] is 0 at padding, `before` what the cache remembers of its rows. */
export function placesOf(
  { backend, batch, time }: Pick<Places, 'backend' | 'batch' | 'time'>,
  mask: ArrayLike<number> | undefined,
  before: { readonly length: number; readonly visible: Uint8Array | undefined } = { length: 0, visible: undefined },
): Places {
  const past = before.length
  if (before.visible === undefined && (mask === undefined || Array.prototype.every.call(mask, (flag) => flag !== 0)))
    return { backend, batch, time, past }
  const total = past + time
  const visible = new Uint8Array(batch * total)
  const positions = new Int32Array(batch * time)
  for (let row = 0; row < batch; row++) {
    let count = 0
    for (let key = 0; key < total; key++) {
      const isToken =
        key < past ? (before.visible?.[row * past + key] ?? 1) !== 0 : (mask?.[row * time + key - past] ?? 1) !== 0
      visible[row * total + key] = isToken ? 1 : 0
      if (key >= past) positions[row * time + key - past] = count
      if (isToken) count++
    }
  }
  return { backend, batch, time, past, positions, visible }
}
