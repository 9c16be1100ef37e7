/**
 * The candidate that needs the fewest single-letter edits (insert, delete, replace, swap of neighbours) to become
 * `word`; the first of equals, `undefined` only without candidates. Upper and lower case count as the same.
 */
export function nearestWord(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Infinity
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Edits from one word to another, with swaps of neighbours as one (optimal string alignment). */
export function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const replaced = previous[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1)
      let least = Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1)
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      if (row > 1 && column > 1 && swapped) least = Math.min(least, beforePrevious[column - 2]! + 1)
      current.push(least)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[to.length]!
}
