import { LemanicError } from '@lemanic/tensor-core'

/** The name that is the fewest edits away, when that is close enough to be a slip. */
function nearest(word: string, names: readonly string[]): string | undefined {
  let best: { name: string; distance: number } | undefined
  for (const name of names) {
    const distance = editDistance(word.toLowerCase(), name.toLowerCase())
    if (best === undefined || distance < best.distance) best = { name, distance }
  }
  return best !== undefined && best.distance <= Math.max(2, word.length / 3) ? best.name : undefined
}

function editDistance(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const now = [i]
    for (let j = 1; j <= b.length; j++) {
      now.push(Math.min(before[j] + 1, now[j - 1] + 1, before[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    before = now
  }
  return before[b.length]
}

/** Refuses a name that is not there: `unknown-modality`, `unknown-task` or `unknown-column`, with the nearest one. */
export function checkKnown(
  where: string,
  what: 'modality' | 'task' | 'column',
  name: string,
  names: readonly string[],
): void {
  if (names.includes(name)) return
  const near = nearest(name, names)
  const plural = { modality: 'modalities', task: 'tasks', column: 'columns' }[what]
  throw new LemanicError(
    `unknown-${what}`,
    `${where}: expected one of the ${plural} ${names.map((one) => `"${one}"`).join(', ')}, got "${name}"`,
    { fields: { [what]: name, known: names }, ...(near === undefined ? {} : { help: `did you mean "${near}"?` }) },
  )
}

/** Refuses an option that is impossible. */
export function invalid(where: string, message: string, help?: string): LemanicError {
  return new LemanicError('invalid-argument', `${where}: ${message}`, help === undefined ? {} : { help })
}
