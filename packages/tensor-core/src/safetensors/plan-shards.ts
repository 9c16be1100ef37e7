import { byteLengthOf } from './header.js'
import type { SafetensorsSpec } from './build-header.js'

/** Files of a sharded save, and the index that names them. */
export interface ShardPlan {
  readonly shards: readonly { readonly file: string; readonly names: readonly string[] }[]
  /** Text of the index file; undefined when one file holds everything. */
  readonly index: string | undefined
}

/**
 * Distributes tensors, in their order, over files of at most `maximumShardBytes` of data each (a larger tensor gets a
 * file of its own), named `stem-00001-of-0000N.safetensors` as the Hugging Face libraries name them; all in
 * `stem.safetensors` when that suffices.
 */
export function planShards(
  specs: Readonly<Record<string, SafetensorsSpec>>,
  stem: string,
  maximumShardBytes: number,
): ShardPlan {
  const groups: string[][] = [[]]
  let filled = 0
  let total = 0
  for (const [name, { dtype, shape }] of Object.entries(specs)) {
    const bytes = byteLengthOf(dtype, shape)
    let group = groups[groups.length - 1] as string[]
    if (filled + bytes > maximumShardBytes && group.length > 0) {
      group = []
      groups.push(group)
      filled = 0
    }
    group.push(name)
    filled += bytes
    total += bytes
  }
  if (groups.length === 1)
    return { shards: [{ file: `${stem}.safetensors`, names: groups[0] as string[] }], index: undefined }
  const digits = (n: number): string => String(n).padStart(5, '0')
  const shards = groups.map((names, i) => ({
    file: `${stem}-${digits(i + 1)}-of-${digits(groups.length)}.safetensors`,
    names,
  }))
  const map = Object.fromEntries(
    shards
      .flatMap(({ file, names }) => names.map((name) => [name, file] as const))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
  return { shards, index: `${JSON.stringify({ metadata: { total_size: total }, weight_map: map }, null, 2)}\n` }
}
