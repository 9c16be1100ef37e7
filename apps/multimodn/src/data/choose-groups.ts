import { randomKey, shuffle } from '@lemanic/tensor-core'

/** Rows of whole groups, in random but fixed order, as many as fit below a limit; ascending. */
export function chooseGroups(
  groups: readonly string[],
  rows: readonly number[],
  limit: number,
  name: string,
): number[] {
  const members = new Map<string, number[]>()
  for (const row of rows) members.set(groups[row]!, [...(members.get(groups[row]!) ?? []), row])
  const chosen: number[] = []
  for (const own of shuffle(randomKey(2309).foldIn(name), [...members.values()])) {
    if (chosen.length + own.length <= limit) chosen.push(...own)
  }
  return chosen.sort((a, b) => a - b)
}
