import { unitsOf } from './character-class.js'
import type { PieceEnd } from './pre-tokenizer.js'

/** Distinct pieces and how often each occurred: `counts[index]` belongs to `pieces[index]`. */
export interface PieceCounts {
  readonly pieces: string[]
  readonly counts: number[]
  /** Number of texts read. */
  readonly texts: number
}

/** Cuts every text into pieces and counts the distinct ones; `onText` is called after each text. */
export function countPieces(
  texts: Iterable<string>,
  pieceEnd: PieceEnd,
  onText: (text: string, texts: number) => void,
): PieceCounts {
  const indexOf = new Map<string, number>()
  const pieces: string[] = []
  const counts: number[] = []
  let read = 0
  let units: Uint16Array | undefined
  for (const text of texts) {
    units = unitsOf(text, units)
    for (let start = 0; start < text.length; ) {
      const end = pieceEnd(text, units, start)
      const piece = text.slice(start, end)
      const index = indexOf.get(piece)
      if (index === undefined) {
        indexOf.set(piece, pieces.length)
        pieces.push(piece)
        counts.push(1)
      } else {
        ;(counts[index] as number)++
      }
      start = end
    }
    onText(text, ++read)
  }
  return { pieces, counts, texts: read }
}
