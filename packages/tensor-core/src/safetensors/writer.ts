import { arrayNameOf, isArrayOf, requireLittleEndian } from './element-type.js'
import { buildHeader, type SafetensorsSpec } from './build-header.js'
import { safetensorsError, type SafetensorsEntry, type SafetensorsHeader } from './header.js'
import type { HostTensor } from './reader.js'

/** Where a writer puts bytes: at any place, each place once. */
export interface ByteSink {
  readonly name: string
  write(bytes: Uint8Array, position: number): Promise<void>
  /** Makes what was written final. */
  finish(): Promise<void>
  /** Throws everything away; harmless after `finish`. */
  abort(): Promise<void>
}

/**
 * Writes a file one tensor at a time, so that only one has to be in memory: the header goes first, from the specs,
 * then each tensor once, in any order, then `finish`. Tensors not written, written twice or of another size than
 * announced are errors; until `finish` nothing is visible under the file's name.
 */
export class SafetensorsWriter {
  private readonly pending: Set<string>

  private constructor(
    private readonly sink: ByteSink,
    private readonly header: SafetensorsHeader,
  ) {
    this.pending = new Set(header.entries.keys())
  }

  static async create(
    sink: ByteSink,
    specs: Readonly<Record<string, SafetensorsSpec>>,
    metadata?: Readonly<Record<string, string>>,
  ): Promise<SafetensorsWriter> {
    try {
      requireLittleEndian()
      const { bytes, header } = buildHeader(specs, metadata, sink.name)
      await sink.write(bytes, 0)
      return new SafetensorsWriter(sink, header)
    } catch (error) {
      await sink.abort()
      throw error
    }
  }

  /** The whole file's length in bytes. */
  get size(): number {
    let end = 0
    for (const entry of this.header.entries.values()) end = entry.end
    return this.header.dataStart + end
  }

  /** Writes one tensor's data: its host array, or its bytes in a Uint8Array. */
  async write(name: string, data: ArrayBufferView): Promise<void> {
    const entry = this.take(name)
    const isBytes = data instanceof Uint8Array
    if (!isBytes && !isArrayOf(entry.dtype, data)) {
      throw safetensorsError(
        this.sink.name,
        `tensor "${name}": expected ${arrayNameOf(entry.dtype)} (or bytes) for ${entry.dtype}, got ${data.constructor.name}`,
        { tensor: name },
      )
    }
    if (data.byteLength !== entry.end - entry.begin) {
      throw safetensorsError(
        this.sink.name,
        `tensor "${name}": expected ${entry.end - entry.begin} bytes for ${entry.dtype} of shape [${entry.shape.join(', ')}], got ${data.byteLength}`,
        { tensor: name, expected: entry.end - entry.begin, got: data.byteLength },
      )
    }
    await this.sink.write(
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      this.header.dataStart + entry.begin,
    )
    this.pending.delete(name)
  }

  private take(name: string): SafetensorsEntry {
    const entry = this.header.entries.get(name)
    if (entry === undefined)
      throw safetensorsError(this.sink.name, `tensor "${name}" was not announced to the writer`, { tensor: name })
    if (!this.pending.has(name))
      throw safetensorsError(this.sink.name, `tensor "${name}" was written before`, { tensor: name })
    return entry
  }

  async finish(): Promise<void> {
    if (this.pending.size > 0) {
      const names = [...this.pending]
        .slice(0, 8)
        .map((name) => `"${name}"`)
        .join(', ')
      throw safetensorsError(
        this.sink.name,
        `${this.pending.size} of ${this.header.entries.size} tensors were not written: ${names}`,
      )
    }
    await this.sink.finish()
  }

  abort(): Promise<void> {
    return this.sink.abort()
  }
}

/** Writes all tensors through a sink; the sink is aborted when anything fails. */
export async function writeAll(
  sink: ByteSink,
  tensors: Readonly<Record<string, HostTensor>>,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  const writer = await SafetensorsWriter.create(sink, tensors, metadata)
  try {
    for (const [name, tensor] of Object.entries(tensors)) await writer.write(name, tensor.data)
    await writer.finish()
  } catch (error) {
    await writer.abort()
    throw error
  }
}

/** The bytes of a whole file. */
export async function encodeSafetensors(
  tensors: Readonly<Record<string, HostTensor>>,
  metadata?: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  let file = new Uint8Array(0)
  const writes: [Uint8Array, number][] = []
  await writeAll(
    {
      name: 'safetensors bytes',
      write: (bytes, position) => Promise.resolve(void writes.push([bytes, position])),
      finish: () => {
        file = new Uint8Array(Math.max(...writes.map(([bytes, position]) => position + bytes.byteLength)))
        for (const [bytes, position] of writes) file.set(bytes, position)
        return Promise.resolve()
      },
      abort: () => Promise.resolve(),
    },
    tensors,
    metadata,
  )
  return file
}
