/** Overlap of a candidate with a reference, each from 0 to 1. */
export interface RougeScore {
  /** Share of the candidate that the reference has too. */
  readonly precision: number
  /** Share of the reference that the candidate has too. */
  readonly recall: number
  /** Harmonic mean of the two; 0 when either is 0. */
  readonly fMeasure: number
}

/** Turns a text into the words that ROUGE counts. */
export type RougeTokenizer = (text: string) => string[]

/**
 * Words as in the common ROUGE implementations, without stemming: lower case, and whatever is not a letter or digit
 * separates. Letters of all scripts count; for ASCII text it agrees with Google's `rouge_score` with use_stemmer=False.
 */
export function rougeWords(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
}

/** Scores from the size of an overlap and the sizes of both sides; an empty side scores 0. */
export function scoreOverlap(overlap: number, candidate: number, reference: number): RougeScore {
  if (overlap === 0) return { precision: 0, recall: 0, fMeasure: 0 }
  const precision = overlap / candidate
  const recall = overlap / reference
  return { precision, recall, fMeasure: (2 * precision * recall) / (precision + recall) }
}
