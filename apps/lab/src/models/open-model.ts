import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { LemanicError, paramsFromHost } from '@lemanic/tensor-core'
import { checkpointFolder } from '@lemanic/tensor-core/node'
import type { TextTokenizer } from '@lemanic/transformer'
import { type LoadedModel, loadModel, loadTokenizer, type PretrainedTokenizer } from '@lemanic/transformer/node'
import { UsageError } from '../usage-error.js'
import { checkpointsOf, endOfText, readRun } from './run-folder.js'
import { createModel } from './settings.js'

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** The folder of `--from`; throws `UsageError` without one, `model-missing` where it is not there. */
export async function checkFolder(from: string | undefined, verb: string): Promise<string> {
  if (from === undefined) {
    throw new UsageError(
      `--from: expected the folder of a model, got none\n  for example: npm start -- ${verb} --from out/model`,
    )
  }
  if (await exists(from)) return from
  throw new LemanicError('model-missing', `--from: expected the folder of a model, found nothing at ${from}`, {
    fields: { folder: from },
    help: 'give a folder that "npm start -- train" wrote, or one downloaded from the Hugging Face Hub',
  })
}

/**
 * The model of a folder, on the default backend: finished, or the newest good checkpoint of a training under way, which
 * `say` is told of.
 */
export async function openModel(
  folder: string,
  weights: 'stored' | 'float32',
  say: (line: string) => void,
): Promise<LoadedModel> {
  const isFinished = (await exists(join(folder, 'model.json'))) || (await exists(join(folder, 'config.json')))
  const run = isFinished ? undefined : await readRun(folder)
  if (run === undefined) return loadModel(folder, { weights })
  const { loaded, refused } = await checkpointFolder(checkpointsOf(folder)).load()
  for (const { path, message } of refused) say(`${path} is damaged and was passed over: ${message}`)
  if (loaded === undefined) {
    throw new LemanicError('model-missing', `${folder}: this training has no checkpoint yet`, {
      help: 'let it run until the first one (--save-every), or stop it, which writes one',
    })
  }
  const { step, params } = loaded.checkpoint
  say(`The training is not finished: this is its checkpoint of step ${step} of ${run.settings.steps}.`)
  const { tokenizer } = await loadTokenizer(folder)
  const end = tokenizer.idOf(endOfText)
  return {
    kind: 'decoder',
    model: createModel(run.settings, tokenizer.vocabularySize),
    params: paramsFromHost(params),
    generation: end === undefined ? {} : { stopTokens: [end], beginToken: end },
    family: undefined,
  }
}

/** The tokenizer of a folder; throws `tokenizer-mismatch` where it has ids that the model does not know. */
export async function openTokenizer(folder: string, { model }: LoadedModel): Promise<PretrainedTokenizer> {
  const read = await loadTokenizer(folder)
  checkFit(read.tokenizer, model.config.vocabularySize, folder)
  return read
}

function checkFit({ vocabularySize }: TextTokenizer, known: number, folder: string): void {
  if (vocabularySize <= known) return
  throw new LemanicError(
    'tokenizer-mismatch',
    `${folder}: tokenizer.json has ids up to ${vocabularySize - 1}, the model knows those below ${known}`,
    { fields: { folder, vocabularySize, known }, help: 'put the tokenizer of this model there' },
  )
}
