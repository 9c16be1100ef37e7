import { access, copyFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { LemanicError } from '@lemanic/tensor-core'
import { writeFileAtomically } from '@lemanic/tensor-core/node'
import { type LoadedModel, type PretrainedTokenizer, saveModel, savePretrained } from '@lemanic/transformer/node'
import { checkFolder, openModel, openTokenizer } from '../models/open-model.js'
import { endOfText } from '../models/run-folder.js'
import { withEngine } from '../models/with-engine.js'
import type { Options } from '../options.js'
import type { Terminal } from '../terminal.js'
import { UsageError } from '../usage-error.js'

/** Files of a tokenizer that go along as they are. */
const tokenizerFiles = ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'chat_template.jinja']

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** Writes a model as a folder of the other kind, or of the same with another type of weights. */
export async function convertVerb(options: Options, terminal: Terminal): Promise<0 | 1> {
  const { to = 'hugging-face', dtype, family } = options.model
  const target = options.folder
  if (family !== undefined && to !== 'hugging-face')
    throw new UsageError(`--family: expected it with --to hugging-face, got --to ${to}`)
  const from = await checkFolder(options.model.from, 'convert')
  if (target === undefined) {
    throw new UsageError(
      `--out: expected a folder to write, got none\n  for example: npm start -- convert --from ${from} --out out/converted`,
    )
  }
  if (resolve(from) === resolve(target))
    throw new UsageError('--out: expected another folder than --from, got the same')
  for (const name of ['config.json', 'model.json', 'train.json']) {
    if (await exists(join(target, name)))
      throw new LemanicError('target-exists', `--out: ${target} holds a model already (${name})`, {
        fields: { target },
        help: 'choose another --out, or remove that folder',
      })
  }
  // nothing is computed: the plainest engine does
  const files = await withEngine({ backend: 'cpu' }, async () => {
    const loaded = await openModel(from, 'stored', terminal.say)
    const tokenizer = (await exists(join(from, 'tokenizer.json'))) ? await openTokenizer(from, loaded) : undefined
    const settings = { ...(dtype && { weights: dtype }), ...(family && { family }) }
    const written = await writeModel(target, loaded, to, settings)
    if (tokenizer !== undefined) written.push(...(await writeTokenizer(from, target, loaded, tokenizer, to)))
    return written
  })
  for (const path of files) terminal.say(path)
  if (options.json) terminal.print(JSON.stringify({ from, folder: target, kind: to, files }))
  return 0
}

/** The tokenizer's files as they are; for transformers, what it needs to read them by itself where that is missing. */
async function writeTokenizer(
  from: string,
  target: string,
  { model }: LoadedModel,
  { tokenizer }: PretrainedTokenizer,
  to: 'hugging-face' | 'lemanic',
): Promise<string[]> {
  const written: string[] = []
  for (const name of tokenizerFiles) {
    if (!(await exists(join(from, name)))) continue
    await copyFile(join(from, name), join(target, name))
    written.push(join(target, name))
  }
  const path = join(target, 'tokenizer_config.json')
  if (to === 'lemanic' || written.includes(path)) return written
  const ends = tokenizer.idOf(endOfText) === undefined ? {} : { bos_token: endOfText, eos_token: endOfText }
  const described = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: model.config.contextLength,
    ...ends,
  }
  await writeFileAtomically(path, `${JSON.stringify(described, null, 2)}\n`)
  return [...written, path]
}

async function writeModel(
  target: string,
  { model, params, generation }: LoadedModel,
  to: 'hugging-face' | 'lemanic',
  settings: Pick<Parameters<typeof savePretrained>[1], 'weights' | 'family'>,
): Promise<string[]> {
  const { family, ...weights } = settings
  if (to === 'lemanic') return saveModel(target, { model, params, generation, ...weights })
  const { beginToken, stopTokens, paddingToken } = generation
  const tokens = {
    ...(beginToken !== undefined && { begin: beginToken }),
    ...(stopTokens !== undefined && { end: stopTokens.length === 1 ? stopTokens[0]! : stopTokens }),
    ...(paddingToken !== undefined && { padding: paddingToken }),
  }
  return savePretrained(target, { model, params, tokens, ...weights, ...(family && { family }) })
}
