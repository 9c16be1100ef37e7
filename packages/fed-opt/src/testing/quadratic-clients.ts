import type { Clients } from '../clients/clients.js'
import { vectorClients, type Objective } from '../clients/vector-clients.js'

/** Clients ½ xᵀA_i x − b_iᵀx, for tests: the same problem as in `tools/parity/federated-training.py`. */
export function quadraticClients(options: {
  readonly A: readonly (readonly (readonly number[])[])[]
  readonly b: readonly (readonly number[])[]
  readonly sizes?: readonly number[]
  readonly start?: readonly number[]
}): Clients {
  const { A, b, sizes, start } = options
  const dimension = b[0]!.length
  const objectives = A.map((matrix, client): Objective => {
    const product = (x: ArrayLike<number>): number[] =>
      matrix.map((row) => row.reduce((sum, a, k) => sum + a * x[k]!, 0))
    const inner = (a: ArrayLike<number>, c: ArrayLike<number>): number =>
      Array.from(a).reduce((sum, value, k) => sum + value * c[k]!, 0)
    return {
      gradient: (x) => product(x).map((value, k) => value - b[client]![k]!),
      loss: (x) => inner(x, product(x)) / 2 - inner(b[client]!, x),
      ...(sizes === undefined ? {} : { examples: sizes[client]! }),
    }
  })
  return vectorClients(objectives, { dimension, ...(start === undefined ? {} : { init: () => start }) })
}
