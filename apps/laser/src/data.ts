import { createHash } from 'node:crypto'
import type { DataSet } from '@lemanic/eval'
import { fetchDataset, readImageSet, type LabelledImages } from '@lemanic/datasets'

/** Digits as published, and a text as numbers of its characters. */
export interface LaserData {
  readonly train: LabelledImages
  readonly test: LabelledImages
  readonly characters: Int32Array
  readonly vocabulary: number
}

export interface LoadOptions {
  /** The digits' own folder. */
  readonly folder?: string | undefined
  readonly cacheFolder: string
  readonly offline?: boolean
  readonly signal?: AbortSignal
  readonly onFetch?: (message: string) => void
}

/** MNIST and the news of the Brown corpus, from the cache or fetched once. Throws `DatasetError` with where it looked. */
export async function loadData(options: LoadOptions): Promise<{ data: LaserData; cards: DataSet[] }> {
  const { folder, cacheFolder, ...rest } = options
  const digits = await fetchDataset('mnist', { cache: cacheFolder, folder, ...rest })
  const brown = await fetchDataset('brown', { cache: cacheFolder, ...rest })
  const { train, test } = await readImageSet(digits)
  const parts: string[] = []
  for (const file of brown.files.filter((name) => /^c[abc]\d\d$/.test(name)))
    parts.push(plainText((await brown.read(file)).toString('latin1')))
  return { data: { train, test, ...numbered(parts.join('\n')) }, cards: [digits.card, brown.card] }
}

/** Words without their tags: `The/at Fulton/np-tl` becomes `The Fulton`. */
export function plainText(tagged: string): string {
  const words = tagged.split(/\s+/).filter((token) => token.includes('/'))
  return words.map((token) => token.slice(0, token.lastIndexOf('/'))).join(' ')
}

/** Characters by number, in the order of their codes. */
export function numbered(text: string): { characters: Int32Array; vocabulary: number } {
  const alphabet = [...new Set(text)].sort()
  const numbers = new Map(alphabet.map((character, i) => [character, i]))
  return { characters: Int32Array.from(text, (character) => numbers.get(character)!), vocabulary: alphabet.length }
}

/** SHA-256 over everything that runs see. */
export function hashData({ train, test, characters }: LaserData): string {
  const hash = createHash('sha256')
  for (const { pixels, labels } of [train, test]) hash.update(pixels).update(labels)
  return hash.update(new Uint8Array(characters.buffer)).digest('hex')
}
