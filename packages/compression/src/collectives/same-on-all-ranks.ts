import { createHash } from 'node:crypto'
import { LemanicError, paramsToHost, type Collectives, type Params } from '@lemanic/tensor-core'

/**
 * Makes sure that all ranks hold the same parameters, to the bit: at the start of a run, at its end, or now and then.
 * Sends 32 bytes. Returns the SHA-256 of names, shapes and values; throws `ranks-differ`, which names the ranks that differ
 * from most.
 */
export async function checkSameOnAllRanks(params: Params, collectives: Collectives): Promise<string> {
  const hash = createHash('sha256')
  const host = await paramsToHost(params)
  for (const name of Object.keys(host).sort()) {
    const { dtype, shape, data } = host[name]!
    hash.update(JSON.stringify([name, dtype, shape]))
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
  const own = hash.digest()
  const digests = (await collectives.allGather(own)).map((digest) => Buffer.from(digest).toString('hex'))
  const count = (digest: string): number => digests.filter((other) => other === digest).length
  const usual = digests.reduce((best, digest) => (count(digest) > count(best) ? digest : best))
  const differing = digests.flatMap((digest, rank) => (digest === usual ? [] : [rank]))
  if (differing.length === 0) return usual
  throw new LemanicError(
    'ranks-differ',
    `expected the same parameters on all ${digests.length} ranks, got others on rank ${differing.join(', ')}`,
    {
      fields: { ranks: differing },
      help: 'give all ranks the same key and the same initial parameters, and no rank a step of its own',
    },
  )
}
