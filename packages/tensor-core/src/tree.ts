import { argumentError } from './errors.js'
import { isTensor, type Tensor } from './tensor.js'

/** A tensor, or tensors in arrays and plain objects (parameters by name, for instance). */
export type Tree = Tensor | readonly Tree[] | { readonly [name: string]: Tree }

/** The tensors of a tree, depth first, objects in key order of insertion. */
export function leavesOf(tree: Tree, where: string): Tensor[] {
  const leaves: Tensor[] = []
  const walk = (node: Tree): void => {
    if (isTensor(node)) leaves.push(node)
    else if (Array.isArray(node)) for (const item of node) walk(item)
    else if (typeof node === 'object' && node !== null) for (const item of Object.values(node)) walk(item as Tree)
    else
      throw argumentError(
        where,
        `expected tensors, or arrays and objects of tensors; found ${node === null ? 'null' : typeof node}`,
      )
  }
  walk(tree)
  return leaves
}

/** A tree of the same form with other tensors, given in the order of `leavesOf`. */
export function rebuild<T extends Tree>(tree: T, leaves: readonly Tensor[]): T {
  let position = 0
  const walk = (node: Tree): Tree => {
    if (isTensor(node)) return leaves[position++] as Tensor
    if (Array.isArray(node)) return node.map(walk)
    return Object.fromEntries(Object.entries(node).map(([name, item]) => [name, walk(item as Tree)]))
  }
  return walk(tree) as T
}
