import { HubTokenizer } from './hub-tokenizer.js'
import type { TextTokenizer } from './text-tokenizer.js'
import { TokenizerError } from './tokenizer-error.js'
import { Tokenizer } from './tokenizer.js'

/**
 * The tokenizer of a `tokenizer.json`, as a string or the parsed object: a `Tokenizer` for byte-level BPE (GPT-2,
 * Llama 3, Pythia, BART …), a `HubTokenizer` for all other kinds (T5's Unigram, BERT's WordPiece, Llama 2's BPE …).
 *
 * Throws `TokenizerError` `invalid-tokenizer-json` when it is broken.
 */
export function readTokenizer(json: string | object): TextTokenizer {
  try {
    return Tokenizer.fromJSON(json)
  } catch (error) {
    if (!TokenizerError.isInstance(error) || error.code !== 'unsupported-tokenizer-json') throw error
    return new HubTokenizer(typeof json === 'string' ? (JSON.parse(json) as object) : json)
  }
}
