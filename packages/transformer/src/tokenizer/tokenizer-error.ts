import { LemanicError, type ErrorDetails } from '@lemanic/tensor-core'

/** What went wrong: stable across versions. */
export type TokenizerErrorCode =
  | 'invalid-option'
  | 'empty-text'
  | 'unknown-token'
  | 'invalid-tokenizer-json'
  | 'unsupported-tokenizer-json'
  | 'invalid-chat-template'

/** The error of every function of the tokenizer; `code` is a `TokenizerErrorCode`, `fields` holds the values named. */
export class TokenizerError extends LemanicError {
  constructor(
    code: TokenizerErrorCode,
    message: string,
    fields: Readonly<Record<string, unknown>> = {},
    details: Omit<ErrorDetails, 'fields'> = {},
  ) {
    super(code, message, { ...details, fields })
    this.name = 'TokenizerError'
  }

  /** True for a tokenizer error of any installed copy of the package, optionally of one code. */
  static override isInstance(value: unknown, code?: string): value is TokenizerError {
    return LemanicError.isInstance(value, code) && value.name === 'TokenizerError'
  }
}
