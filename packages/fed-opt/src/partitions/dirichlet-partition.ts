import { LemanicError, RandomStream, shuffle, type RandomKey } from '@lemanic/tensor-core'
import { drawDirichlet } from './dirichlet.js'
import { checkClients, classCount, toPartition, type Partition } from './partition.js'

/**
 * Label skew: the examples of each class are dealt out to the clients in shares drawn from a Dirichlet distribution.
 *
 * α small gives every client few classes, α large makes clients alike. Hsu, Qi and Brown, "Measuring the Effects of
 * Non-Identical Data Distribution", 2019 (arXiv 1909.06335), in the variant of Yurochkin et al. 2019 (arXiv 1905.12022)
 * that draws one distribution over clients for each class, so that every example is used once.
 * Deviation: widely used scripts redraw until each client has enough, which changes the distribution; here a client may
 * be short only down to `minimum`, and the missing examples are moved from the largest client.
 *
 * @param options.labels Class of each example, integers from 0.
 * @param options.concentration α, above 0.
 * @param options.minimum Examples that every client holds at least. Default 1.
 */
export function dirichletPartition(options: {
  readonly labels: ArrayLike<number>
  readonly clients: number
  readonly concentration: number
  readonly minimum?: number
  readonly key: RandomKey
}): Partition {
  const { labels, clients, concentration, minimum = 1, key } = options
  const where = 'dirichletPartition'
  checkClients(where, clients, labels.length)
  if (!(concentration > 0 && concentration < Infinity)) {
    throw new LemanicError(
      'invalid-argument',
      `${where}: expected a finite "concentration" above 0, got ${concentration}`,
      {
        fields: { concentration },
        help: 'use iidPartition for clients that are all alike',
      },
    )
  }
  if (!Number.isInteger(minimum) || minimum < 0 || minimum * clients > labels.length) {
    throw new LemanicError(
      'invalid-argument',
      `${where}: expected "minimum" to be an integer from 0 to ${Math.floor(labels.length / clients)} (${labels.length} examples, ${clients} clients), got ${minimum}`,
      { fields: { minimum, clients, examples: labels.length } },
    )
  }
  const held: number[][] = Array.from({ length: clients }, () => [])
  for (let label = 0; label < classCount(where, labels); label++) {
    const ofClass: number[] = []
    for (let example = 0; example < labels.length; example++) if (labels[example] === label) ofClass.push(example)
    const classKey = key.foldIn(label)
    const shares = drawDirichlet(new RandomStream(classKey.foldIn('shares')), concentration, clients)
    deal(shuffle(classKey.foldIn('order'), ofClass), shares, held)
  }
  return toPartition(topUp(held, minimum))
}

/** Deals `examples` out in consecutive pieces whose ends are the rounded cumulative shares. */
function deal(examples: readonly number[], shares: Float64Array, held: number[][]): void {
  let cumulative = 0
  let start = 0
  for (const [client, share] of shares.entries()) {
    cumulative += share
    const end =
      client === shares.length - 1
        ? examples.length
        : Math.min(examples.length, Math.round(cumulative * examples.length))
    for (; start < end; start++) held[client].push(examples[start])
  }
}

function topUp(held: number[][], minimum: number): number[][] {
  for (const short of held) {
    while (short.length < minimum) {
      const largest = held.reduce((most, list) => (list.length > most.length ? list : most))
      short.push(largest.pop()!)
    }
  }
  return held
}
