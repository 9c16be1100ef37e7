import { Template } from '@huggingface/jinja'
import { TokenizerError } from './tokenizer-error.js'

/** One turn of a conversation; templates may read more fields than these. */
export interface ChatMessage {
  readonly role: string
  readonly content: unknown
  readonly [field: string]: unknown
}

export interface ChatTemplateOptions {
  /** Opens the assistant's turn at the end, for the model to go on. Default false. */
  readonly addGenerationPrompt?: boolean
  /** Descriptions of functions that the model may call, as the template expects them. Default none. */
  readonly tools?: readonly object[]
  /** The date for templates that print one. Default: templates fall back on their own. */
  readonly now?: Date
  /** Further variables of the template. Default none. */
  readonly variables?: Readonly<Record<string, unknown>>
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** Hides the engine's clock: a date comes from the caller, or is not defined. The engine drops the line's end. */
const ownDate = '{% set strftime_now = format_given_date %}\n'

function formatDate(format: string, date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const month = months[date.getMonth()]!
  const parts: Record<string, string> = {
    Y: String(date.getFullYear()),
    m: two(date.getMonth() + 1),
    d: two(date.getDate()),
    B: month,
    b: month.slice(0, 3),
    H: two(date.getHours()),
    M: two(date.getMinutes()),
    S: two(date.getSeconds()),
    '%': '%',
  }
  return format.replace(/%([YmdBbHMS%])/g, (_, letter: string) => parts[letter]!)
}

/**
 * A conversation as the text that a model was trained on: the Jinja template of a published model. Encode the result
 * with `addSpecialTokens: false`: the template writes them itself.
 */
export class ChatTemplate {
  readonly #template: Template
  readonly #specialTokens: Readonly<Record<string, string>>

  /**
   * `specialTokens` are variables by the names of tokenizer_config.json: `bos_token`, `eos_token` ….
   * Throws `TokenizerError` `invalid-chat-template` when the template cannot be parsed.
   */
  constructor(template: string, specialTokens: Readonly<Record<string, string>> = {}) {
    try {
      this.#template = new Template(ownDate + template)
    } catch (cause) {
      throw chatError('the template cannot be parsed', cause)
    }
    this.#specialTokens = specialTokens
  }

  /** The text of a conversation; throws `TokenizerError` `invalid-chat-template` with what the template objects to. */
  render(messages: readonly ChatMessage[], options: ChatTemplateOptions = {}): string {
    const { addGenerationPrompt = false, tools, now, variables = {} } = options
    try {
      return this.#template.render({
        ...this.#specialTokens,
        ...variables,
        messages,
        add_generation_prompt: addGenerationPrompt,
        tools: tools ?? null,
        format_given_date: now === undefined ? undefined : (format: string) => formatDate(format, now),
      })
    } catch (cause) {
      throw chatError('the conversation does not fit the template', cause)
    }
  }
}

function chatError(what: string, cause: unknown): TokenizerError {
  return new TokenizerError(
    'invalid-chat-template',
    `chat template: ${what}: ${(cause as Error).message}`,
    {},
    { cause },
  )
}
