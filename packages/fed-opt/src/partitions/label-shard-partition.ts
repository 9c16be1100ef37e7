import { LemanicError, randomPermutation, type RandomKey } from '@lemanic/tensor-core'
import { checkClients, toPartition, type Partition } from './partition.js'

/**
 * The "pathological" split: examples sorted by label are cut into equal shards, and every client gets a few of them.
 *
 * With two shards most clients see two classes. McMahan et al., "Communication-Efficient Learning of Deep Networks from
 * Decentralized Data", 2017 (arXiv 1602.05629), §3. Sizes differ by at most one example a shard.
 *
 * @param options.labels Class of each example.
 * @param options.shardsPerClient Default 2; clients · shardsPerClient is at most the number of examples.
 */
export function labelShardPartition(options: {
  readonly labels: ArrayLike<number>
  readonly clients: number
  readonly shardsPerClient?: number
  readonly key: RandomKey
}): Partition {
  const { labels, clients, shardsPerClient = 2, key } = options
  const examples = labels.length
  checkClients('labelShardPartition', clients, examples)
  const shards = clients * shardsPerClient
  if (!Number.isInteger(shardsPerClient) || shardsPerClient < 1 || shards > examples) {
    throw new LemanicError(
      'invalid-argument',
      `labelShardPartition: expected "shardsPerClient" to be an integer from 1 to ${Math.floor(examples / clients)}, got ${shardsPerClient}`,
      { fields: { shardsPerClient, clients, examples } },
    )
  }
  // Within a class the order is random, so that shards of one class are exchangeable.
  const order = [...randomPermutation(key.foldIn('order'), examples)].sort((a, b) => labels[a] - labels[b])
  const dealt = randomPermutation(key.foldIn('shards'), shards)
  const held: number[][] = Array.from({ length: clients }, () => [])
  dealt.forEach((shard, at) => {
    const start = Math.floor((shard * examples) / shards)
    const end = Math.floor(((shard + 1) * examples) / shards)
    for (let position = start; position < end; position++) held[at % clients].push(order[position])
  })
  return toPartition(held)
}
