import { readFile } from 'node:fs/promises'
import { cast, LemanicError, mapParams, randomKey } from '@lemanic/tensor-core'
import { beamSearch, type GenerateTextOptions, streamText } from '@lemanic/transformer'
import type { LoadedModel, PretrainedTokenizer } from '@lemanic/transformer/node'
import { withInterrupt } from '../interrupt.js'
import { checkFolder, openModel, openTokenizer } from '../models/open-model.js'
import type { ModelValues } from '../models/model-options.js'
import { withEngine } from '../models/with-engine.js'
import type { Options } from '../options.js'
import type { Terminal } from '../terminal.js'
import { UsageError } from '../usage-error.js'

interface Written {
  readonly text: string
  readonly score?: number
}

/** Writes text with a model: as it is made, or with --json all at once as an object. */
export async function generateVerb(options: Options, terminal: Terminal): Promise<0 | 1> {
  const given = options.model
  checkTogether(given)
  const folder = await checkFolder(given.from, 'generate')
  const prompt = await promptOf(given)
  return withEngine(options, () =>
    withInterrupt(
      () => undefined,
      async (signal) => {
        const say = (line: string): void => void terminal.progress.write(`${line}\n`)
        const loaded = inType(
          await openModel(folder, given.dtype === 'float32' ? 'float32' : 'stored', say),
          given.dtype,
        )
        const tokenizer = await openTokenizer(folder, loaded)
        const started = performance.now()
        const texts = await write({ loaded, tokenizer, given, prompt, signal, isSilent: options.json }, terminal)
        if (signal.aborted) {
          say('\nStopped.')
          return 1
        }
        const seconds = (performance.now() - started) / 1000
        if (options.json) terminal.print(JSON.stringify({ folder, prompt: prompt ?? null, texts, seconds }))
        return 0
      },
    ),
  )
}

/** The model with matrices of this type. */
function inType(loaded: LoadedModel, dtype: ModelValues['dtype']): LoadedModel {
  if (dtype === undefined || loaded.params['embedding.weight']!.dtype === dtype) return loaded
  const params = mapParams(loaded.params, (x) => (x.rank < 2 ? x : cast(cast(x, 'float32'), dtype)))
  return { ...loaded, params }
}

function checkTogether(given: ModelValues): void {
  if (given.prompt !== undefined && given['prompt-file'] !== undefined)
    throw new UsageError('--prompt-file: expected it without --prompt, got both')
  if (given.beams === undefined && given['length-penalty'] !== undefined)
    throw new UsageError('--length-penalty: expected it with --beams, got none')
  if (given.beams !== undefined) {
    for (const name of ['temperature', 'top-k', 'top-p', 'min-p', 'stop'] as const) {
      if (given[name] !== undefined) throw new UsageError(`--${name}: a search with --beams does not take it`)
    }
    if ((given.samples ?? 1) > given.beams)
      throw new UsageError(`--samples: expected at most the ${given.beams} beams, got ${given.samples}`)
  }
}

async function promptOf({ prompt, 'prompt-file': file }: ModelValues): Promise<string | undefined> {
  if (file === undefined) return prompt
  if (file === '-') {
    let text = ''
    for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk as string
    return text
  }
  return readFile(file, 'utf8').catch((cause: Error) => {
    throw new LemanicError('prompt-missing', `--prompt-file: expected a text file, got ${file} (${cause.message})`, {
      cause,
    })
  })
}

interface Task {
  readonly loaded: LoadedModel
  readonly tokenizer: PretrainedTokenizer
  readonly given: ModelValues
  readonly prompt: string | undefined
  readonly signal: AbortSignal
  readonly isSilent: boolean
}

async function write(task: Task, terminal: Terminal): Promise<Written[]> {
  const { loaded, tokenizer, given, signal, isSilent } = task
  const { generation, model, params } = loaded
  const text = textOf(task)
  const { tokens = 200 } = given
  const common = {
    maximumTokens: loaded.kind === 'decoder' ? tokens : Math.min(tokens, model.config.contextLength), // it ends there
    ...(generation.stopTokens && { stopTokens: generation.stopTokens }),
    ...pick(generation, ['forcedFirst', 'forcedLast']),
    ...renamed(given, {
      'repetition-penalty': 'repetitionPenalty',
      'no-repeat-ngram': 'noRepeatNgram',
      'minimum-tokens': 'minimumTokens',
    }),
    signal,
  }
  const encoding = given.chat === true ? { addSpecialTokens: false } : {}
  const texts: Written[] = []
  const finish = (written: Written, isStreamed: boolean): void => {
    texts.push(written)
    if (!isSilent) terminal.write(isStreamed ? '\n' : `${written.text}\n`)
  }
  const head = (index: number): void => {
    if (!isSilent && (given.samples ?? 1) > 1) terminal.say(terminal.color.dim(`— ${index + 1} —`))
  }
  if (given.beams !== undefined) {
    const ids = tokenizer.tokenizer.encode(text, encoding)
    const input = loaded.kind === 'decoder' ? { prompt: ids } : { source: ids }
    const search = { ...common, ...input, beams: given.beams, results: given.samples ?? 1 }
    const penalty = given['length-penalty']
    const found = await stoppable(
      signal,
      beamSearch(model, params, { ...search, ...(penalty !== undefined && { lengthPenalty: penalty }) }),
    )
    for (const [index, { tokens, score }] of (found ?? []).entries()) {
      head(index)
      finish({ text: tokenizer.tokenizer.decode(tokens, { skipSpecialTokens: true }), score }, false)
    }
    return texts
  }
  const temperature = given.temperature ?? 0.8
  const key = randomKey(given.seed ?? 0)
  const sampling = {
    ...common,
    ...encoding,
    tokenizer: tokenizer.tokenizer,
    temperature,
    ...renamed(given, { 'top-k': 'topK', 'top-p': 'topP', 'min-p': 'minP' }),
    ...(given.stop !== undefined && { stopStrings: [given.stop] }),
    ...(loaded.kind === 'decoder' ? { prompt: text } : { source: text }),
  }
  for (let index = 0; index < (given.samples ?? 1) && !signal.aborted; index++) {
    head(index)
    const own: GenerateTextOptions = { ...sampling, ...(temperature > 0 && { key: key.foldIn(index) }) }
    let all = ''
    await stoppable(
      signal,
      (async () => {
        for await (const part of streamText(model, params, own)) {
          all += part
          if (!isSilent) terminal.write(part)
        }
      })(),
    )
    finish({ text: all }, true)
  }
  return texts
}

/** The result, or undefined where the signal ended the work. */
async function stoppable<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}

/** The prompt as the model takes it; without one, the token that begins a text. */
function textOf({ tokenizer: { tokenizer, chatTemplate }, given, prompt, loaded }: Task): string {
  if (given.chat !== true) {
    if (prompt !== undefined) return prompt
    if (loaded.kind === 'encoder-decoder')
      throw new UsageError('--prompt: expected a text for the encoder to read, got none')
    if (tokenizer.encode('').length > 0) return '' // the tokenizer puts it there
    const { beginToken, stopTokens } = loaded.generation
    const id = beginToken ?? stopTokens?.[0]
    const begin = [...tokenizer.specialTokens].find(([, own]) => own === id)
    if (begin === undefined)
      throw new UsageError('--prompt: expected a text, got none, and the model names no token to begin with')
    return begin[0]
  }
  if (prompt === undefined) throw new UsageError('--prompt: expected a message with --chat, got none')
  if (chatTemplate === undefined) {
    throw new LemanicError('no-chat-format', '--chat: this model has no chat format (chat_template of its tokenizer)', {
      help: 'leave --chat out',
    })
  }
  return chatTemplate.render([{ role: 'user', content: prompt }], { addGenerationPrompt: true })
}

function pick<Value extends object, Name extends keyof Value>(value: Value, names: readonly Name[]): Pick<Value, Name> {
  return Object.fromEntries(names.flatMap((name) => (value[name] === undefined ? [] : [[name, value[name]]]))) as Pick<
    Value,
    Name
  >
}

/** Options under the names that generation gives them. */
function renamed<Name extends keyof ModelValues, To extends string>(
  given: ModelValues,
  names: Readonly<Record<Name, To>>,
): { readonly [Each in To]?: number } {
  const found = (Object.entries(names) as [Name, To][]).flatMap(([name, to]) =>
    given[name] === undefined ? [] : [[to, given[name] as number] as const],
  )
  return Object.fromEntries(found) as { readonly [Each in To]?: number }
}
