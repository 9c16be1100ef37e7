import type { AddedToken } from './added-tokens.js'
import { gpt2Pattern, gpt4Pattern, type PreTokenizer } from './pre-tokenizer.js'
import type { TokenizerDefinition, TokenizerNormalization } from './tokenizer.js'
import { TokenizerError } from './tokenizer-error.js'

type Json = Record<string, unknown>

/** Reads the `tokenizer.json` of Hugging Face for a byte-level BPE; see `Tokenizer.fromJSON`. */
export function readTokenizerJson(json: string | object): TokenizerDefinition {
  const file = parse(json)
  const model = objectAt(file['model'], 'model')
  if (model['type'] !== undefined && model['type'] !== 'BPE') unsupported('model.type', model['type'], "'BPE'")
  if (model['byte_fallback'] === true) unsupported('model.byte_fallback', true, 'false: a byte-level BPE')
  if (typeof model['dropout'] === 'number' && model['dropout'] > 0)
    unsupported('model.dropout', model['dropout'], 'null')
  for (const key of ['continuing_subword_prefix', 'end_of_word_suffix']) {
    if (model[key]) unsupported(`model.${key}`, model[key], 'null: a byte-level BPE')
  }

  const addedTokens = readAddedTokens(file['added_tokens'])
  const vocab = objectAt(model['vocab'], 'model.vocab')
  const vocabulary: (string | undefined)[] = []
  for (const [token, id] of Object.entries(vocab)) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0)
      invalid(`model.vocab[${JSON.stringify(token)}]`, 'a whole number of at least 0', id)
    vocabulary[id as number] = token
  }
  const merges = readMerges(model['merges'], vocab as Record<string, number>)
  const cutting = readPreTokenizer(file['pre_tokenizer'])
  const normalization = readNormalizer(file['normalizer'])
  const template = readPostProcessor(file['post_processor'])
  const unknownToken = model['unk_token']
  const unknownId = typeof unknownToken === 'string' ? vocab[unknownToken] : undefined
  return {
    vocabulary,
    merges,
    addedTokens,
    preTokenizer: cutting.steps,
    ...(cutting.addPrefixSpace && { addPrefixSpace: true }),
    ...(normalization !== undefined && { normalization }),
    ...(model['ignore_merges'] === true && { ignoreMerges: true }),
    ...(typeof unknownId === 'number' && { unknownId }),
    ...(template !== undefined && { template }),
  }
}

function parse(json: string | object): Json {
  if (typeof json !== 'string') return objectAt(json, 'tokenizer.json')
  try {
    return objectAt(JSON.parse(json), 'tokenizer.json')
  } catch (cause) {
    if (TokenizerError.isInstance(cause)) throw cause
    throw new TokenizerError(
      'invalid-tokenizer-json',
      `tokenizer.json: expected JSON, got ${json.length} characters that do not parse (${(cause as Error).message}).`,
      {},
      { cause },
    )
  }
}

function readAddedTokens(value: unknown): AddedToken[] {
  return listAt(value ?? [], 'added_tokens').map((entry, index) => {
    const where = `added_tokens[${index}]`
    const token = objectAt(entry, where)
    const { id, content } = token
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0)
      invalid(`${where}.id`, 'a whole number of at least 0', id)
    if (typeof content !== 'string') invalid(`${where}.content`, 'a string', content)
    if (token['single_word'] === true) unsupported(`${where}.single_word`, true, 'false')
    return {
      id: id as number,
      content: content as string,
      special: token['special'] === true,
      ...(token['lstrip'] === true && { stripLeft: true }),
      ...(token['rstrip'] === true && { stripRight: true }),
    }
  })
}

function readMerges(value: unknown, vocab: Readonly<Record<string, number>>): [left: number, right: number][] {
  return listAt(value, 'model.merges').map((merge, rank) => {
    const pair = typeof merge === 'string' ? merge.split(' ') : merge
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string' || typeof pair[1] !== 'string') {
      return invalid(`model.merges[${rank}]`, 'two tokens', merge)
    }
    const [left, right] = pair as [string, string]
    const ids = [left, right, left + right].map((token) => {
      if (!Object.hasOwn(vocab, token))
        invalid(`model.merges[${rank}]`, 'tokens whose parts and union are in model.vocab', merge)
      return vocab[token] as number
    })
    return [ids[0] as number, ids[1] as number]
  })
}

function readPreTokenizer(value: unknown): { steps: PreTokenizer[]; addPrefixSpace: boolean } {
  const steps: PreTokenizer[] = []
  let addPrefixSpace = false
  let byteLevel = false
  const read = (part: Json, where: string): void => {
    if (byteLevel) unsupported(where, part['type'], 'nothing after ByteLevel')
    switch (part['type']) {
      case 'Sequence':
        listAt(part['pretokenizers'], `${where}.pretokenizers`).forEach((entry, index) =>
          read(objectAt(entry, `${where}.pretokenizers[${index}]`), `${where}.pretokenizers[${index}]`),
        )
        return
      case 'ByteLevel':
        byteLevel = true
        addPrefixSpace = part['add_prefix_space'] === true
        if (addPrefixSpace && steps.length > 0)
          unsupported(`${where}.add_prefix_space`, true, 'false after another pre-tokenizer')
        if (part['use_regex'] !== false) steps.push('gpt2')
        return
      case 'Split':
        steps.push(readSplit(part, where))
        return
      case 'Digits':
        steps.push({ pattern: part['individual_digits'] === true ? '\\p{N}' : '\\p{N}+' })
        return
      default:
        unsupported(`${where}.type`, part['type'], 'ByteLevel, Split, Digits or a Sequence of these')
    }
  }
  if (value === null || value === undefined)
    unsupported('pre_tokenizer', null, 'ByteLevel, alone or at the end of a Sequence')
  read(objectAt(value, 'pre_tokenizer'), 'pre_tokenizer')
  if (!byteLevel) unsupported('pre_tokenizer', (value as Json)['type'], 'ByteLevel, alone or at the end of a Sequence')
  return { steps: steps.length === 0 ? ['none'] : steps, addPrefixSpace }
}

function readSplit(part: Json, where: string): PreTokenizer {
  if (part['behavior'] !== 'Isolated') unsupported(`${where}.behavior`, part['behavior'], "'Isolated'")
  if (part['invert'] === true) unsupported(`${where}.invert`, true, 'false')
  const { Regex: regex, String: text } = objectAt(part['pattern'], `${where}.pattern`)
  if (regex === gpt2Pattern) return 'gpt2'
  if (regex === gpt4Pattern) return 'gpt4'
  if (typeof regex === 'string') return { pattern: regex }
  if (typeof text === 'string') return { pattern: text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&') }
  return invalid(`${where}.pattern`, '{ Regex } or { String }', part['pattern'])
}

function readNormalizer(value: unknown): TokenizerNormalization | undefined {
  if (value === null || value === undefined) return undefined
  const type = objectAt(value, 'normalizer')['type']
  if (type === 'NFC' || type === 'NFD' || type === 'NFKC' || type === 'NFKD') return type
  return unsupported('normalizer.type', type, 'null, NFC, NFD, NFKC or NFKD')
}

function readPostProcessor(value: unknown): { before: number[]; after: number[] } | undefined {
  if (value === null || value === undefined) return undefined
  const part = objectAt(value, 'post_processor')
  switch (part['type']) {
    case 'ByteLevel':
      return undefined // moves offsets only
    case 'Sequence': {
      const found = listAt(part['processors'], 'post_processor.processors')
        .map(readPostProcessor)
        .filter((entry) => entry !== undefined)
      if (found.length > 1) unsupported('post_processor.processors', found.length, 'one template')
      return found[0]
    }
    case 'RobertaProcessing':
    case 'BertProcessing':
      return { before: [idAt(part['cls'], 'post_processor.cls')], after: [idAt(part['sep'], 'post_processor.sep')] }
    case 'TemplateProcessing':
      return readTemplate(part)
    default:
      return unsupported(
        'post_processor.type',
        part['type'],
        'ByteLevel, TemplateProcessing, RobertaProcessing, BertProcessing or a Sequence',
      )
  }
}

function readTemplate(part: Json): { before: number[]; after: number[] } | undefined {
  const special = objectAt(part['special_tokens'] ?? {}, 'post_processor.special_tokens')
  const before: number[] = []
  const after: number[] = []
  let target = before
  for (const entry of listAt(part['single'], 'post_processor.single')) {
    const piece = objectAt(entry, 'post_processor.single')
    if ('Sequence' in piece) {
      target = after
      continue
    }
    const name = String(objectAt(piece['SpecialToken'], 'post_processor.single')['id'])
    const ids = objectAt(special[name], `post_processor.special_tokens[${JSON.stringify(name)}]`)['ids']
    target.push(...(listAt(ids, 'post_processor.special_tokens') as number[]))
  }
  return before.length + after.length === 0 ? undefined : { before, after }
}

function idAt(value: unknown, where: string): number {
  const id = listAt(value, where)[1]
  return typeof id === 'number' ? id : invalid(where, '[token, id]', value)
}

function objectAt(value: unknown, where: string): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : invalid(where, 'an object', value)
}

function listAt(value: unknown, where: string): unknown[] {
  return Array.isArray(value) ? value : invalid(where, 'a list', value)
}

function invalid(where: string, expected: string, value: unknown): never {
  throw new TokenizerError(
    'invalid-tokenizer-json',
    `tokenizer.json: ${where}: expected ${expected}, got ${show(value)}.`,
    { where, value },
  )
}

function unsupported(where: string, value: unknown, expected: string): never {
  throw new TokenizerError(
    'unsupported-tokenizer-json',
    `tokenizer.json: ${where} is ${show(value)}; this reader takes ${expected}.`,
    { where, value },
    { help: 'for other kinds of tokenizer use @huggingface/tokenizers' },
  )
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
