import { LemanicError } from '../errors.js'
import {
  bytesPerSafetensorsElement,
  isSafetensorsType,
  safetensorsTypes,
  type SafetensorsType,
} from './element-type.js'
import { findDuplicateKey } from './unique-json.js'

/** What a header says of one tensor. Offsets count bytes from the end of the header. */
export interface SafetensorsEntry {
  readonly dtype: SafetensorsType
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

/** A parsed and checked header. */
export interface SafetensorsHeader {
  /** Tensors in the order of their data. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>
  readonly metadata: Readonly<Record<string, string>>
  /** Where the data start: 8 + the length of the header. */
  readonly dataStart: number
}

/** Bytes a header may take, as in the reference library. */
export const maximumHeaderBytes = 100_000_000

/** An error that names the file. */
export function safetensorsError(
  file: string,
  message: string,
  fields: Readonly<Record<string, unknown>> = {},
  cause?: unknown,
): LemanicError {
  return new LemanicError('invalid-safetensors', `${file}: ${message}`, { fields: { file, ...fields }, cause })
}

/** Length of the header from the first eight bytes of a file of `fileSize` bytes. */
export function headerLength(start: Uint8Array, fileSize: number, file: string): number {
  if (fileSize < 8 || start.byteLength < 8) {
    throw safetensorsError(file, `expected a safetensors file of at least 8 bytes, got ${fileSize} bytes`)
  }
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true)
  if (length > BigInt(maximumHeaderBytes)) {
    throw safetensorsError(
      file,
      `expected a header of at most ${maximumHeaderBytes} bytes, its length field says ${length}; this is not a safetensors file or it is damaged`,
    )
  }
  if (Number(length) + 8 > fileSize) {
    throw safetensorsError(
      file,
      `truncated: the header should take ${length} bytes after the first 8, but the file has only ${fileSize} bytes`,
    )
  }
  return Number(length)
}

/** Parses and checks the header of a file of `fileSize` bytes; every rule of the format is enforced. */
export function parseHeader(headerBytes: Uint8Array, fileSize: number, file: string): SafetensorsHeader {
  const root = parseObject(headerBytes, file)
  const dataStart = 8 + headerBytes.byteLength
  const entries: [string, SafetensorsEntry][] = []
  let metadata: Record<string, string> = {}
  for (const [name, value] of Object.entries(root)) {
    if (name === '__metadata__') metadata = checkMetadata(value, file)
    else entries.push([name, checkEntry(name, value, file)])
  }
  entries.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)
  let position = 0
  for (const [name, { begin, end }] of entries) {
    if (begin !== position) {
      const problem = begin < position ? 'overlaps the tensor before it' : 'leaves a hole before it'
      throw safetensorsError(
        file,
        `tensor "${name}" ${problem}: expected its data to begin at byte ${position}, got ${begin}`,
        { tensor: name, expected: position, got: begin },
      )
    }
    position = end
  }
  const available = fileSize - dataStart
  if (position !== available) {
    const problem = position > available ? 'truncated' : 'extra bytes at the end'
    throw safetensorsError(
      file,
      `${problem}: the header describes ${position} bytes of data, the file has ${available}`,
      { expected: position, got: available },
    )
  }
  return { entries: new Map(entries), metadata, dataStart }
}

function parseObject(bytes: Uint8Array, file: string): Record<string, unknown> {
  if (bytes[0] !== 0x7b)
    throw safetensorsError(file, `expected the header to begin with "{", got byte ${String(bytes[0])}`)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw safetensorsError(file, 'expected a header in UTF-8, got bytes that are not', {}, cause)
  }
  let value: unknown
  try {
    value = JSON.parse(text, (key, item: unknown) => {
      if (key === '__proto__') throw new SyntaxError('a key is "__proto__"')
      return item
    })
  } catch (cause) {
    throw safetensorsError(
      file,
      `expected a header in JSON, got text that is not (${(cause as Error).message})`,
      {},
      cause,
    )
  }
  const duplicate = findDuplicateKey(text)
  if (duplicate !== undefined)
    throw safetensorsError(file, `expected each name once in the header, "${duplicate}" is there twice`, {
      tensor: duplicate,
    })
  return value as Record<string, unknown>
}

export function checkMetadata(value: unknown, file: string): Record<string, string> {
  if (!isRecord(value))
    throw safetensorsError(file, `expected "__metadata__" to be an object of strings, got ${describe(value)}`)
  for (const [key, item] of Object.entries(value)) {
    if (typeof item !== 'string')
      throw safetensorsError(file, `expected "__metadata__" to hold strings, "${key}" is ${describe(item)}`)
  }
  return value as Record<string, string>
}

export function checkEntry(name: string, value: unknown, file: string): SafetensorsEntry {
  const fail = (message: string, fields: Readonly<Record<string, unknown>> = {}): LemanicError =>
    safetensorsError(file, `tensor "${name}": ${message}`, { tensor: name, ...fields })
  if (!isRecord(value)) throw fail(`expected an object with dtype, shape and data_offsets, got ${describe(value)}`)
  for (const key of Object.keys(value)) {
    if (key !== 'dtype' && key !== 'shape' && key !== 'data_offsets')
      throw fail(`expected only dtype, shape and data_offsets, got "${key}"`)
  }
  const { dtype, shape, data_offsets: offsets } = value
  if (!isSafetensorsType(dtype))
    throw fail(`expected a dtype of ${safetensorsTypes.join(', ')}; got ${describe(dtype)}`)
  if (!isCountArray(shape)) throw fail(`expected a shape of non-negative integers, got ${describe(shape)}`)
  if (!isCountArray(offsets) || offsets.length !== 2)
    throw fail(`expected data_offsets of two non-negative integers, got ${describe(offsets)}`)
  const [begin, end] = offsets as [number, number]
  if (end < begin) throw fail(`expected data_offsets in order, got [${begin}, ${end}]`)
  const expected = byteLengthOf(dtype, shape)
  if (!Number.isSafeInteger(expected)) throw fail(`its shape [${shape.join(', ')}] is too large`)
  if (end - begin !== expected) {
    throw fail(
      `expected ${expected} bytes for ${dtype} of shape [${shape.join(', ')}], data_offsets [${begin}, ${end}] give ${end - begin}`,
      { expected, got: end - begin },
    )
  }
  return { dtype, shape, begin, end }
}

/** Bytes that a tensor takes; not a safe integer when it is beyond 2⁵³. */
export function byteLengthOf(dtype: SafetensorsType, shape: readonly number[]): number {
  // a zero dimension makes an empty tensor however large the others are
  return shape.includes(0)
    ? 0
    : shape.reduce((product, dimension) => product * dimension, bytesPerSafetensorsElement(dtype))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isCountArray(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0)
}

function describe(value: unknown): string {
  return value === undefined ? 'nothing' : (JSON.stringify(value)?.slice(0, 80) ?? typeof value)
}
