import { join } from 'node:path'
import { ChatTemplate } from '../tokenizer/chat-template.js'
import { readTokenizer } from '../tokenizer/read-tokenizer.js'
import type { TextTokenizer } from '../tokenizer/text-tokenizer.js'
import { checkpointError, ConfigFields } from './config-fields.js'
import { readOptional } from './load-pretrained.js'

export interface PretrainedTokenizer {
  readonly tokenizer: TextTokenizer
  /** Contents of the special tokens by role: `bos_token`, `eos_token`, `pad_token` …. */
  readonly roles: Readonly<Record<string, string>>
  /** The model's chat format, where it has one. */
  readonly chatTemplate: ChatTemplate | undefined
}

/** The contents of `…_token` fields, which are strings or objects with a `content`. */
function rolesOf(fields: Readonly<Record<string, unknown>>): Record<string, string> {
  const roles: Record<string, string> = {}
  for (const [name, value] of Object.entries(fields)) {
    const content = typeof value === 'object' && value !== null ? (value as { content?: unknown }).content : value
    if (name.endsWith('_token') && typeof content === 'string') roles[name] = content
  }
  return roles
}

/** The template itself, or the one called `default` among several. */
function templateOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return undefined
  const named = value as readonly { readonly name?: string; readonly template?: string }[]
  return (named.find(({ name }) => name === 'default') ?? named[0])?.template
}

/**
 * Reads the tokenizer of a published model from its folder: tokenizer.json, and for roles and chat format
 * tokenizer_config.json, special_tokens_map.json and chat_template.jinja, as far as they are there.
 *
 * Throws `LemanicError` `unsupported-checkpoint` without tokenizer.json, `TokenizerError` when it is broken.
 */
export async function loadTokenizer(folder: string): Promise<PretrainedTokenizer> {
  const json = await readOptional(folder, 'tokenizer.json')
  if (json === undefined) {
    throw checkpointError(
      folder,
      'expected tokenizer.json, found none',
      'older folders have vocabulary files only: AutoTokenizer.from_pretrained(…).save_pretrained(…) in Python writes tokenizer.json',
    )
  }
  const read = async (name: string): Promise<Record<string, unknown>> => {
    const text = await readOptional(folder, name)
    return text === undefined ? {} : ConfigFields.parse(text, join(folder, name)).all
  }
  const config = await read('tokenizer_config.json')
  const roles = { ...rolesOf(await read('special_tokens_map.json')), ...rolesOf(config) }
  const template = (await readOptional(folder, 'chat_template.jinja')) ?? templateOf(config.chat_template)
  return {
    tokenizer: readTokenizer(json),
    roles,
    chatTemplate: template === undefined ? undefined : new ChatTemplate(template, roles),
  }
}
