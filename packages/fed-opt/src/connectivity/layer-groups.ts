/** Parameters that are treated as one layer. */
export interface LayerGroup {
  readonly name: string
  /** Full names of its parameters. */
  readonly keys: readonly string[]
}

/**
 * Parameters by module: names that differ in their last dotted part only (`block.0.weight`, `block.0.bias`) are one
 * layer, in the order in which they first occur. Parameters of a norm form layers of their own.
 *
 * Adilova et al., 2024 (arXiv 2307.06966): "layers" of all scans.
 *
 * @param by A function from a parameter's name to that of its group, or a number of leading dotted parts that
 * parameters of one group share. Default: all parts but the last.
 */
export function layerGroups(names: readonly string[], by?: number | ((name: string) => string)): LayerGroup[] {
  const groupOf = (name: string): string => {
    if (typeof by === 'function') return by(name)
    const parts = name.split('.')
    if (by !== undefined) return parts.slice(0, by).join('.')
    return parts.length === 1 ? name : parts.slice(0, -1).join('.')
  }
  const groups = new Map<string, string[]>()
  for (const name of names) {
    const group = groupOf(name)
    const keys = groups.get(group)
    if (keys === undefined) groups.set(group, [name])
    else keys.push(name)
  }
  return Array.from(groups, ([name, keys]) => ({ name, keys }))
}

/** Several groups as one; its name joins theirs. */
export function joinGroups(
  groups: readonly LayerGroup[],
  name = groups.map((group) => group.name).join('+'),
): LayerGroup {
  return { name, keys: groups.flatMap(({ keys }) => keys) }
}
