import type { SafetensorsEntry } from './header.js'
import { safetensorsError } from './header.js'
import { unknownTensor, type HostTensor, type SafetensorsReader } from './reader.js'
import { findDuplicateKey } from './unique-json.js'

/** What `model.safetensors.index.json` holds. */
export interface ShardIndex {
  readonly metadata: Readonly<Record<string, unknown>>
  /** File of each tensor, relative to the index. */
  readonly shardOf: ReadonlyMap<string, string>
}

/** Parses and checks an index of shards as the Hugging Face libraries write it. */
export function parseShardIndex(text: string, file: string): ShardIndex {
  let value: { readonly metadata?: unknown; readonly weight_map?: unknown }
  try {
    value = JSON.parse(text) as typeof value
  } catch (cause) {
    throw safetensorsError(
      file,
      `expected an index in JSON, got text that is not (${(cause as Error).message})`,
      {},
      cause,
    )
  }
  const map = value?.weight_map
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw safetensorsError(file, 'expected "weight_map", an object of tensor names and shard files')
  }
  const duplicate = findDuplicateKey(text)
  if (duplicate !== undefined) throw safetensorsError(file, `expected each name once, "${duplicate}" is there twice`)
  const shardOf = new Map<string, string>()
  for (const [name, shard] of Object.entries(map)) {
    if (typeof shard !== 'string' || shard === '' || shard === '.' || shard === '..' || /[/\\\0]/.test(shard)) {
      throw safetensorsError(
        file,
        `tensor "${name}": expected the name of a file beside the index, got ${JSON.stringify(shard)}`,
        { tensor: name },
      )
    }
    shardOf.set(name, shard)
  }
  const metadata =
    typeof value.metadata === 'object' && value.metadata !== null ? (value.metadata as Record<string, unknown>) : {}
  return { metadata, shardOf }
}

/**
 * Reads tensors through an index; all shards are opened and checked against it at once, their data are read on demand.
 * Metadata are those of the index that are strings.
 */
export class ShardedReader implements SafetensorsReader {
  readonly names: readonly string[]
  readonly metadata: Readonly<Record<string, string>>
  private readonly shards = new Map<string, SafetensorsReader>()

  private constructor(
    readonly name: string,
    private readonly index: ShardIndex,
  ) {
    this.names = [...index.shardOf.keys()]
    this.metadata = Object.fromEntries(
      Object.entries(index.metadata).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
    )
  }

  /** Opens every shard, so that a missing or damaged one is known before work starts. */
  static async open(
    name: string,
    index: ShardIndex,
    openShard: (file: string) => Promise<SafetensorsReader>,
  ): Promise<ShardedReader> {
    const reader = new ShardedReader(name, index)
    try {
      for (const [tensor, file] of index.shardOf) {
        let shard = reader.shards.get(file)
        if (shard === undefined) {
          shard = await openShard(file)
          reader.shards.set(file, shard)
        }
        if (!shard.has(tensor))
          throw safetensorsError(name, `the index says that tensor "${tensor}" is in ${file}, but it is not there`, {
            tensor,
          })
      }
      return reader
    } catch (error) {
      await reader.close()
      throw error
    }
  }

  has(name: string): boolean {
    return this.index.shardOf.has(name)
  }

  private shard(name: string): SafetensorsReader {
    const file = this.index.shardOf.get(name)
    if (file === undefined) throw unknownTensor(this, name)
    return this.shards.get(file) as SafetensorsReader
  }

  entry(name: string): SafetensorsEntry {
    return this.shard(name).entry(name)
  }

  async read(name: string): Promise<HostTensor> {
    return this.shard(name).read(name)
  }

  async readBytes(name: string, begin: number, end: number): Promise<Uint8Array> {
    return this.shard(name).readBytes(name, begin, end)
  }

  async close(): Promise<void> {
    for (const shard of this.shards.values()) await shard.close()
  }
}
