/** One document in this many is held out. */
const validationStride = 20

/**
 * Whether document `index` of a data set is for validation: 10, 30, 50 … (5 %), spread evenly over the
 * set's own order (years of the addresses, chapters of the book), the same on every machine and run.
 */
export function isValidationDocument(index: number): boolean {
  return index % validationStride === validationStride / 2
}

/**
 * Cuts the last 5 % off a text, at the first line break after 95 % of it (else at the first space); the
 * second part is empty when there is neither.
 */
export function splitTextAtLine(text: string): [training: string, validation: string] {
  const target = Math.floor(text.length * (1 - 1 / validationStride))
  const line = text.indexOf('\n', target)
  const cut = line >= 0 && line < text.trimEnd().length ? line : text.indexOf(' ', target)
  return cut < 0 || text.slice(cut + 1).trim() === '' ? [text, ''] : [text.slice(0, cut + 1), text.slice(cut + 1)]
}
