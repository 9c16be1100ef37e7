import { tensor, type Tensor } from '@lemanic/tensor-core'

/** Pieces of a text that begin at `starts`: characters and those that follow them, [starts, length] each. */
export function textBatch(
  characters: Uint8Array,
  starts: readonly number[],
  length: number,
): { readonly tokens: Tensor; readonly targets: Tensor } {
  const part = (shift: number): Tensor => {
    const ids = new Int32Array(starts.length * length)
    starts.forEach((start, row) => ids.set(characters.subarray(start + shift, start + shift + length), row * length))
    return tensor(ids, [starts.length, length])
  }
  return { tokens: part(0), targets: part(1) }
}
