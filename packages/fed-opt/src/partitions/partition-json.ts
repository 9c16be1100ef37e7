import { LemanicError } from '@lemanic/tensor-core'
import type { Partition } from './partition.js'

/** A partition as plain JSON, to be kept beside results and shared by all arms. */
export interface PartitionJson {
  readonly format: 'lemanic-partition'
  readonly version: 1
  /** Number of examples of the data set. */
  readonly examples: number
  /** Example indices of each client. */
  readonly clients: readonly (readonly number[])[]
}

/** @param examples Number of examples of the data set, so that a partition of another one is noticed. */
export function partitionToJson(partition: Partition, examples: number): PartitionJson {
  return checked({ format: 'lemanic-partition', version: 1, examples, clients: partition.map((held) => [...held]) })
}

/** Throws `invalid-partition` for another format, another number of examples, or indices that are not possible. */
export function partitionFromJson(json: unknown, examples: number): Partition {
  const { examples: saved, clients } = checked(json)
  if (saved !== examples) throw broken(`expected a partition of ${examples} examples, got one of ${saved}`)
  return clients.map((held) => Int32Array.from(held))
}

function checked(value: unknown): PartitionJson {
  const json = value as Partial<PartitionJson> | null
  if (json?.format !== 'lemanic-partition' || json.version !== 1 || !Array.isArray(json.clients))
    throw broken('expected { format: "lemanic-partition", version: 1, examples, clients }')
  const seen = new Set<number>()
  for (const [client, held] of (json as PartitionJson).clients.entries()) {
    for (const example of held) {
      if (!Number.isInteger(example) || example < 0 || example >= (json.examples as number))
        throw broken(`client ${client} holds example ${example} of ${json.examples}`)
      if (seen.has(example)) throw broken(`example ${example} is held twice`)
      seen.add(example)
    }
  }
  return json as PartitionJson
}

const broken = (message: string): LemanicError => new LemanicError('invalid-partition', `partition: ${message}`)
