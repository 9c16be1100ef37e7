import { viewAs, type SafetensorsArrays, type SafetensorsType } from './element-type.js'
import { headerLength, parseHeader, safetensorsError, type SafetensorsEntry, type SafetensorsHeader } from './header.js'

/** Random access to the bytes of a file, or of anything like one. */
export interface ByteSource {
  /** Named in every error: a path or a description. */
  readonly name: string
  /** Length in bytes. */
  readonly size: number
  /** The bytes begin … end − 1, in a buffer that the caller owns; throws when they are not there. */
  read(begin: number, end: number): Promise<Uint8Array>
  close(): Promise<void>
}

/** A tensor on the host. */
export interface HostTensor<D extends SafetensorsType = SafetensorsType> {
  readonly dtype: D
  readonly shape: readonly number[]
  /** Row-major elements: raw bits for 16-bit floats, bytes for 8-bit floats and booleans. */
  readonly data: SafetensorsArrays[D]
}

/** Named tensors that can be read one at a time: one file, or the shards of an index. */
export interface SafetensorsReader {
  readonly name: string
  /** In the order of their data. */
  readonly names: readonly string[]
  readonly metadata: Readonly<Record<string, string>>
  has(name: string): boolean
  /** Data type and shape, without reading data. */
  entry(name: string): SafetensorsEntry
  /** One tensor. */
  read(name: string): Promise<HostTensor>
  /** Bytes begin … end − 1 of one tensor's data. */
  readBytes(name: string, begin: number, end: number): Promise<Uint8Array>
  close(): Promise<void>
}

/** Bytes in memory as a source; they are not copied until read. */
export function memorySource(bytes: Uint8Array, name = 'safetensors bytes'): ByteSource {
  return {
    name,
    size: bytes.byteLength,
    read: (begin, end) => Promise.resolve(bytes.slice(begin, end)),
    close: () => Promise.resolve(),
  }
}

/**
 * Reads and checks the header of a source; data are read on demand.
 *
 * Refuses, with an error of code `invalid-safetensors` that names the source, what the reference library refuses
 * (headers too large or not JSON, data truncated, overlapping, with holes or of a size that does not follow from shape
 * and data type) and duplicate names besides. The source is closed when that happens.
 */
export async function openSafetensors(source: ByteSource): Promise<SafetensorsReader> {
  try {
    const length = headerLength(await source.read(0, Math.min(8, source.size)), source.size, source.name)
    const header = parseHeader(await source.read(8, 8 + length), source.size, source.name)
    return new SingleReader(source, header)
  } catch (error) {
    await source.close()
    throw error
  }
}

class SingleReader implements SafetensorsReader {
  readonly name: string
  readonly names: readonly string[]
  readonly metadata: Readonly<Record<string, string>>

  constructor(
    private readonly source: ByteSource,
    private readonly header: SafetensorsHeader,
  ) {
    this.name = source.name
    this.names = [...header.entries.keys()]
    this.metadata = header.metadata
  }

  has(name: string): boolean {
    return this.header.entries.has(name)
  }

  entry(name: string): SafetensorsEntry {
    const entry = this.header.entries.get(name)
    if (entry === undefined) throw unknownTensor(this, name)
    return entry
  }

  async read(name: string): Promise<HostTensor> {
    const { dtype, shape, begin, end } = this.entry(name)
    const bytes = await this.source.read(this.header.dataStart + begin, this.header.dataStart + end)
    return { dtype, shape, data: viewAs(dtype, bytes) }
  }

  async readBytes(name: string, begin: number, end: number): Promise<Uint8Array> {
    const entry = this.entry(name)
    const length = entry.end - entry.begin
    if (!(Number.isInteger(begin) && Number.isInteger(end) && begin >= 0 && begin <= end && end <= length)) {
      throw safetensorsError(
        this.name,
        `tensor "${name}": expected a byte range inside 0 … ${length}, got ${begin} … ${end}`,
        { tensor: name },
      )
    }
    const start = this.header.dataStart + entry.begin
    return this.source.read(start + begin, start + end)
  }

  close(): Promise<void> {
    return this.source.close()
  }
}

/** The error for a name that a reader does not have. */
export function unknownTensor(
  reader: { readonly name: string; readonly names: readonly string[] },
  name: string,
): Error {
  const shown = reader.names.slice(0, 8).join(', ')
  const more = reader.names.length > 8 ? `, … (${reader.names.length} in all)` : ''
  return safetensorsError(reader.name, `no tensor "${name}"; there are: ${shown}${more}`, { tensor: name })
}

/** Reads all tensors of a reader, or those that `select` keeps. */
export async function readAll(
  reader: SafetensorsReader,
  select: (name: string) => boolean = () => true,
): Promise<Record<string, HostTensor>> {
  const tensors: Record<string, HostTensor> = {}
  for (const name of reader.names) if (select(name)) tensors[name] = await reader.read(name)
  return tensors
}

/** Tensors and metadata of a whole file in memory. */
export async function decodeSafetensors(
  bytes: Uint8Array,
  name?: string,
): Promise<{ readonly tensors: Record<string, HostTensor>; readonly metadata: Readonly<Record<string, string>> }> {
  const reader = await openSafetensors(memorySource(bytes, name))
  return { tensors: await readAll(reader), metadata: reader.metadata }
}
