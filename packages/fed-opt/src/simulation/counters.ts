import type { Clients } from '../clients/clients.js'

/** What a run has cost so far. */
export interface Counters {
  /** Vectors sent, client to client or to and from a server. */
  readonly messages: number
  /** Their bytes, without any framing. */
  readonly bytes: number
  /** Gradients of one client's batch at one model. */
  readonly gradientEvaluations: number
  /** Losses of one client's batch at one model, without gradients. */
  readonly lossEvaluations: number
}

export const noCounts: Counters = { messages: 0, bytes: 0, gradientEvaluations: 0, lossEvaluations: 0 }

/** Adds up what is asked of clients and what is sent. */
export class Tally {
  #counts: { -readonly [Name in keyof Counters]: number }

  constructor(start: Counters = noCounts) {
    this.#counts = { ...start }
  }

  get counters(): Counters {
    return { ...this.#counts }
  }

  sent(messages: number, bytesEach: number): void {
    this.#counts.messages += messages
    this.#counts.bytes += messages * bytesEach
  }

  /** The same clients, with every question counted. */
  watching(clients: Clients): Clients {
    const counts = this.#counts
    const weighted = clients.weightedGradient?.bind(clients)
    return {
      count: clients.count,
      sizes: clients.sizes,
      pieceSize: (dimension) => clients.pieceSize?.(dimension) ?? Infinity,
      init: (key, count) => clients.init(key, count),
      gradients(request) {
        counts.gradientEvaluations += request.clients.length
        return clients.gradients(request)
      },
      losses(request) {
        counts.lossEvaluations += request.clients.length
        return clients.losses(request)
      },
      train(request) {
        counts.gradientEvaluations += Array.from(request.steps).reduce((sum, steps) => sum + steps, 0)
        return clients.train(request)
      },
      ...(weighted === undefined
        ? {}
        : {
            weightedGradient(request) {
              counts.gradientEvaluations += request.clients.length
              return weighted(request)
            },
          }),
    }
  }
}
