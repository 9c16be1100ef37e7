/** The name that differs from `word` by the fewest insertions, deletions and changes. */
export function nearestName(word: string, names: readonly string[]): string {
  const distance = (left: string, right: string): number => {
    let row = Array.from({ length: right.length + 1 }, (_, index) => index)
    for (let i = 1; i <= left.length; i++) {
      const next = [i]
      for (let j = 1; j <= right.length; j++) {
        next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1))
      }
      row = next
    }
    return row[right.length]!
  }
  return [...names].sort((left, right) => distance(word, left) - distance(word, right))[0] ?? ''
}
