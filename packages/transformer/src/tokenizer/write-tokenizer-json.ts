import { gpt4Pattern, type PreTokenizer } from './pre-tokenizer.js'
import type { TokenizerDefinition } from './tokenizer.js'

/** The `tokenizer.json` of Hugging Face for a byte-level BPE. */
export interface TokenizerJson {
  readonly version: '1.0'
  readonly truncation: null
  readonly padding: null
  readonly added_tokens: readonly Record<string, unknown>[]
  readonly normalizer: { readonly type: string } | null
  readonly pre_tokenizer: Record<string, unknown>
  readonly post_processor: Record<string, unknown> | null
  readonly decoder: Record<string, unknown>
  readonly model: {
    readonly type: 'BPE'
    readonly dropout: null
    readonly unk_token: string | null
    readonly continuing_subword_prefix: null
    readonly end_of_word_suffix: null
    readonly fuse_unk: boolean
    readonly byte_fallback: false
    readonly ignore_merges: boolean
    readonly vocab: Readonly<Record<string, number>>
    readonly merges: readonly (readonly [string, string])[]
  }
}

/** Writes a tokenizer's definition as `tokenizer.json`; `readTokenizerJson` reads it back. */
export function writeTokenizerJson(definition: TokenizerDefinition): TokenizerJson {
  const { vocabulary, merges, addedTokens = [], normalization, unknownId } = definition
  const vocab = new Map<string, number>()
  for (const [id, token] of vocabulary.entries()) if (token !== undefined) vocab.set(token, id)
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens.map(({ id, content, special, stripLeft = false, stripRight = false }) => ({
      id,
      content,
      single_word: false,
      lstrip: stripLeft,
      rstrip: stripRight,
      normalized: false,
      special,
    })),
    normalizer: normalization === undefined ? null : { type: normalization },
    pre_tokenizer: writePreTokenizer(definition),
    post_processor: writeTemplate(definition),
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: unknownId === undefined ? null : (vocabulary[unknownId] ?? null),
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: definition.ignoreMerges ?? false,
      vocab: Object.fromEntries(vocab),
      merges: merges.map(([left, right]) => [vocabulary[left] as string, vocabulary[right] as string]),
    },
  }
}

function writePreTokenizer({
  preTokenizer = 'gpt2',
  addPrefixSpace = false,
}: TokenizerDefinition): Record<string, unknown> {
  const steps = (Array.isArray(preTokenizer) ? preTokenizer : [preTokenizer]) as readonly PreTokenizer[]
  const useRegex = steps.at(-1) === 'gpt2'
  const byteLevel = { type: 'ByteLevel', add_prefix_space: addPrefixSpace, trim_offsets: true, use_regex: useRegex }
  const splits = steps.slice(0, useRegex ? -1 : undefined).filter((step) => step !== 'none')
  if (splits.length === 0) return byteLevel
  return { type: 'Sequence', pretokenizers: [...splits.map(writeSplit), byteLevel] }
}

function writeSplit(step: PreTokenizer): Record<string, unknown> {
  if (step === 'gpt2') return { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }
  const pattern = typeof step === 'object' ? step.pattern : gpt4Pattern
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false }
}

function writeTemplate({
  template,
  vocabulary,
  addedTokens = [],
}: TokenizerDefinition): Record<string, unknown> | null {
  if (template === undefined) return null
  const nameOf = (id: number): string =>
    addedTokens.find((token) => token.id === id)?.content ?? (vocabulary[id] as string)
  const piece = (id: number, type: number): unknown => ({ SpecialToken: { id: nameOf(id), type_id: type } })
  const around = (names: readonly (readonly [string, number])[]): unknown[] =>
    names.flatMap(([name, type]) => [
      ...template.before.map((id) => piece(id, type)),
      { Sequence: { id: name, type_id: type } },
      ...template.after.map((id) => piece(id, type)),
    ])
  return {
    type: 'TemplateProcessing',
    single: around([['A', 0]]),
    pair: around([
      ['A', 0],
      ['B', 1],
    ]),
    special_tokens: Object.fromEntries(
      [...template.before, ...template.after].map((id) => [
        nameOf(id),
        { id: nameOf(id), ids: [id], tokens: [nameOf(id)] },
      ]),
    ),
  }
}
