import { checkWhole } from '../refuse.js'

/**
 * For `classificationClients({ relabel })`: clients of cluster k call class y (y + k) mod C. The "private label" setting
 * of Werner et al., 2023 (arXiv 2306.08393): clusters agree on the images and contradict each other on what they are.
 */
export function privateLabels(clusters: ArrayLike<number>, classes: number): (label: number, client: number) => number {
  checkWhole('privateLabels', 'classes', classes, 1)
  return (label, client) => (label + clusters[client]!) % classes
}

/** The cluster of each of `clients` clients in `count` equal runs: 0, 0, …, 1, 1, … */
export function equalClusters(clients: number, count: number): Int32Array {
  checkWhole('equalClusters', 'clients', clients, 1)
  checkWhole('equalClusters', 'count', count, 1, clients)
  return Int32Array.from({ length: clients }, (_, client) => Math.floor((client * count) / clients))
}
