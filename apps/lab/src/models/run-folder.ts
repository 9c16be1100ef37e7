import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LemanicError } from '@lemanic/tensor-core'
import { writeFileAtomically } from '@lemanic/tensor-core/node'
import { readTokenizer, type TextTokenizer, trainBytePairEncoding } from '@lemanic/transformer'
import { loadTokenizer } from '@lemanic/transformer/node'
import type { TrainSettings } from './settings.js'

/** Ends every text of a training whose tokenizer is learned here. */
export const endOfText = '<|endoftext|>'
const endNames = [endOfText, '</s>', '<|end_of_text|>', '[SEP]']

/** What train.json keeps: enough to know whether the same training goes on, and to build its model. */
export interface RunDescription {
  readonly format: 'lemanic-training'
  readonly version: 1
  readonly settings: TrainSettings
  /** Digest of the texts. */
  readonly data: string
}

export const checkpointsOf = (folder: string): string => join(folder, 'checkpoints')

/** The description of a training in a folder; undefined where there is none. Throws `invalid-run` for a damaged one. */
export async function readRun(folder: string): Promise<RunDescription | undefined> {
  const path = join(folder, 'train.json')
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  if (text === undefined) return undefined
  try {
    const value = JSON.parse(text) as RunDescription
    if (value.format === 'lemanic-training' && value.version === 1) return value
  } catch {
    // said below
  }
  throw new LemanicError('invalid-run', `${path}: expected the description of a training, got something else`, {
    fields: { path },
    help: 'choose another --out, or begin anew with --restart',
  })
}

/**
 * Makes a folder ready for a training: a new one, or the one that was begun with the same settings and texts. Throws
 * `other-run` where the folder holds something else; nothing in it is touched then.
 */
export async function openRun(
  folder: string,
  settings: TrainSettings,
  data: string,
  restart: boolean,
): Promise<'new' | 'known'> {
  const found = await stat(folder).catch(() => undefined)
  if (found !== undefined && !found.isDirectory())
    throw new LemanicError('other-run', `--out: expected a folder, got the file ${folder}`, { fields: { folder } })
  const before = restart ? undefined : await readRun(folder)
  if (before !== undefined) {
    const differences = differencesOf(before, { settings, data })
    if (differences.length === 0) return 'known'
    throw new LemanicError('other-run', `${folder} holds a training that differs: ${differences.join('; ')}`, {
      fields: { folder, differences },
      help: 'give the options of that training to go on with it, another --out for a new one, or --restart to replace it',
    })
  }
  const names = found === undefined ? [] : await readdir(folder)
  const isOurs = names.includes('train.json') || names.includes('checkpoints')
  if (names.length > 0 && !(restart && isOurs)) {
    throw new LemanicError(
      'other-run',
      `--out: expected an empty folder or one of a training, got ${folder} with ${names.length} other files`,
      {
        fields: { folder, names },
        help: 'choose another --out',
      },
    )
  }
  await rm(checkpointsOf(folder), { recursive: true, force: true })
  for (const name of ['model.json', 'model.safetensors', 'tokenizer.json', 'train.json'])
    await rm(join(folder, name), { force: true })
  await mkdir(folder, { recursive: true })
  const description: RunDescription = { format: 'lemanic-training', version: 1, settings, data }
  await writeFileAtomically(join(folder, 'train.json'), `${JSON.stringify(description, null, 2)}\n`)
  return 'new'
}

function differencesOf(before: RunDescription, now: Pick<RunDescription, 'settings' | 'data'>): string[] {
  const names = Object.keys(now.settings) as (keyof TrainSettings)[]
  const changed = names.flatMap((name) => {
    const [was, is] = [before.settings[name], now.settings[name]]
    return was === is ? [] : [`${name} was ${JSON.stringify(was)}, is ${JSON.stringify(is)}`]
  })
  return before.data === now.data ? changed : [...changed, 'the texts are others']
}

async function givenTokenizer(path: string): Promise<TextTokenizer> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) {
    throw new LemanicError(
      'tokenizer-missing',
      `--tokenizer: expected a tokenizer.json or a folder with one, found nothing at ${path}`,
      {
        fields: { path },
      },
    )
  }
  return found.isDirectory() ? (await loadTokenizer(path)).tokenizer : readTokenizer(await readFile(path, 'utf8'))
}

/** The tokenizer of a training: the one in its folder, else the one that was asked for, else learned from the texts. */
export async function tokenizerOf(
  folder: string,
  { tokenizer, vocabulary }: TrainSettings,
  texts: readonly string[],
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<{ readonly tokenizer: TextTokenizer; readonly endToken: number | undefined }> {
  const path = join(folder, 'tokenizer.json')
  if ((await stat(path).catch(() => undefined)) === undefined) {
    if (tokenizer === null) say(`Learning a vocabulary of ${vocabulary} tokens …`)
    const made =
      tokenizer === null
        ? trainBytePairEncoding({ texts, vocabularySize: vocabulary, specialTokens: [endOfText], signal })
        : await givenTokenizer(tokenizer)
    await writeFileAtomically(path, `${JSON.stringify(made.toJSON())}\n`)
  }
  const read = (await loadTokenizer(folder)).tokenizer
  const end = endNames.find((name) => read.idOf(name) !== undefined)
  return { tokenizer: read, endToken: end === undefined ? undefined : read.idOf(end) }
}
