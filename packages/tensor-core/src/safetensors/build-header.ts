import { isSafetensorsType, typeRank, type SafetensorsType } from './element-type.js'
import {
  byteLengthOf,
  checkEntry,
  checkMetadata,
  isCountArray,
  maximumHeaderBytes,
  safetensorsError,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from './header.js'

/** What a writer is told of a tensor before its data come. */
export interface SafetensorsSpec {
  readonly dtype: SafetensorsType
  readonly shape: readonly number[]
}

/**
 * Lays tensors out and builds the first bytes of a file: the length field and the header, padded with spaces to a
 * multiple of 8. Tensors are ordered as the reference library orders them: by data type, wide ones first, then by name.
 */
export function buildHeader(
  specs: Readonly<Record<string, SafetensorsSpec>>,
  metadata: Readonly<Record<string, string>> | undefined,
  file: string,
): { readonly bytes: Uint8Array; readonly header: SafetensorsHeader } {
  const names = Object.keys(specs).sort((a, b) => {
    const order = typeRank((specs[b] as SafetensorsSpec).dtype) - typeRank((specs[a] as SafetensorsSpec).dtype)
    return order !== 0 ? order : compareCodePoints(a, b)
  })
  const fields = metadata === undefined ? [] : [`"__metadata__":${JSON.stringify(checkMetadata(metadata, file))}`]
  const entries = new Map<string, SafetensorsEntry>()
  let position = 0
  for (const name of names) {
    if (name === '__metadata__' || name === '__proto__')
      throw safetensorsError(file, `expected another name than "${name}" for a tensor: the format reserves it`)
    const { dtype, shape } = specs[name] as SafetensorsSpec
    const end = position + (isSafetensorsType(dtype) && isCountArray(shape) ? byteLengthOf(dtype, shape) : 0)
    entries.set(name, checkEntry(name, { dtype, shape, data_offsets: [position, end] }, file))
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [position, end] })}`)
    position = end
  }
  const text = new TextEncoder().encode(`{${fields.join(',')}}`)
  const length = Math.ceil(text.byteLength / 8) * 8
  if (length > maximumHeaderBytes)
    throw safetensorsError(
      file,
      `the header would take ${length} bytes, more than the ${maximumHeaderBytes} that readers accept`,
    )
  const bytes = new Uint8Array(8 + length).fill(0x20)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true)
  bytes.set(text, 8)
  return { bytes, header: { entries, metadata: metadata ?? {}, dataStart: bytes.byteLength } }
}

/** Order of UTF-8 bytes, which is that of code points and differs from JavaScript's `<` beyond the basic plane. */
function compareCodePoints(a: string, b: string): number {
  const left = new TextEncoder().encode(a)
  const right = new TextEncoder().encode(b)
  for (let i = 0; i < left.length && i < right.length; i += 1) {
    if (left[i] !== right[i]) return (left[i] as number) - (right[i] as number)
  }
  return left.length - right.length
}
