import type { BlockConfig } from '../blocks/block-config.js'

/** Names of transformers for the plain activations. */
export const activationNames = {
  gelu: 'gelu',
  gelu_new: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
  gelu_fast: 'gelu-tanh',
  relu: 'relu',
} as const

/** The name that is written; the tanh form is GPT-2's `gelu_new`. */
export function activationName(activation: BlockConfig['activation']): string | undefined {
  return Object.entries(activationNames).find(([, ours]) => ours === activation)?.[0]
}

/** What hinders writing an activation that has no name there. */
export function activationObstacle(activation: BlockConfig['activation']): string[] {
  return activationName(activation) === undefined ? [`activation: "${activation}" is not one of this family`] : []
}
