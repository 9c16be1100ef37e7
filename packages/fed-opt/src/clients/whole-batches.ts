import { dispose, keep, scope } from '@lemanic/tensor-core'
import type { ClientBatch } from './client-data.js'

/** What is kept at most; beyond it the batches that were asked for longest ago go. */
const cachedBytes = 256e6

/**
 * Batches that hold all examples of their clients, which are the same in every round: each is made once, and stays in the
 * engine's memory until this is disposed of or the room is needed. Where every client is asked about every model, as in
 * Federated-Clustering, copying them would cost as much as the gradients.
 */
export class WholeBatches {
  /** Least recent first. */
  readonly #kept = new Map<string, { readonly batch: ClientBatch; readonly bytes: number }>()
  #bytes = 0

  /** The batch of these clients, in this order; `make` is called where it is not at hand. Stays ours. */
  of(clients: readonly number[], make: () => ClientBatch): ClientBatch {
    const name = clients.join()
    const found = this.#kept.get(name)
    if (found !== undefined) {
      this.#kept.delete(name)
      this.#kept.set(name, found)
      return found.batch
    }
    const batch = scope(make)
    const bytes = Object.values(batch).reduce((total, { size }) => total + 4 * size, 0)
    if (bytes > cachedBytes / 2) return batch
    for (const [oldest, entry] of this.#kept) {
      if (this.#bytes + bytes <= cachedBytes) break
      this.#forget(oldest, entry)
    }
    this.#kept.set(name, { batch: keep(batch), bytes })
    this.#bytes += bytes
    return batch
  }

  dispose(): void {
    for (const [name, entry] of this.#kept) this.#forget(name, entry)
  }

  #forget(name: string, { batch, bytes }: { readonly batch: ClientBatch; readonly bytes: number }): void {
    this.#kept.delete(name)
    this.#bytes -= bytes
    dispose(batch)
  }
}
