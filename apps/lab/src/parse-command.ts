import type { BackendName } from '@lemanic/tensor-core'
import { parseArgs as tokenize } from 'node:util'
import { type ArgsDef, parseArgs } from 'citty'
import { kindOf, modelOptionNames, type ModelOptionName, type ModelValues } from './models/model-options.js'
import { nearestWord } from './nearest-word.js'
import { allOptions, type OptionName, optionDefinitions, type Options, type presetNames } from './options.js'
import { UsageError } from './usage-error.js'

/** What a verb takes: its options, and how many words after its own name. */
export interface Grammar {
  readonly options: readonly OptionName[]
  /** Valid words after the verb; absent: none is taken. */
  readonly words?: readonly string[]
}

export interface ParsedCommand {
  readonly verb: string
  readonly options: Options
}

/**
 * Reads the arguments of the command line strictly: the first word is the verb (`fallback` without one), every option
 * must be one that the verb takes, with a value where it needs one, at most once.
 *
 * Throws `UsageError` that names what came, what was expected and the nearest valid word.
 */
export function parseCommand(
  rawArgs: readonly string[],
  verbs: ReadonlyMap<string, Grammar>,
  fallback: string,
): ParsedCommand {
  const all = optionDefinitions(allOptions)
  const { tokens } = tokenize({
    args: [...rawArgs],
    options: tokenOptions(all),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const words = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []))
  const given = tokens.flatMap((token) => (token.kind === 'option' ? [token] : []))
  // An option that exists nowhere comes first: the word after it may be its value, not a verb.
  const named = verbs.get(words.find((word) => verbs.has(word)) ?? fallback)!
  for (const { name, rawName } of given) {
    if (!Object.hasOwn(all, name)) throw unknownOption(rawName, named)
  }
  const [verb = fallback, ...rest] = words
  const grammar = verbs.get(verb)
  if (grammar === undefined)
    throw unknown('study or command', verb, [...verbs.keys()], '"npm start -- --help" shows them all')
  checkWords(verb, rest, grammar.words)

  const seen = new Set<string>()
  for (const { name, rawName, value } of given) {
    const known = grammar.options.find((option) => option === name)
    if (known === undefined) throw unknownOption(rawName, grammar, verb)
    if (seen.has(known)) throw new UsageError(`--${known}: expected it once, got it twice`)
    seen.add(known)
    const takesValue = all[known]!.type !== 'boolean'
    if (takesValue && (value === undefined || value === ''))
      throw new UsageError(`--${known}: expected a value, got none`)
    if (takesValue && value!.startsWith('--'))
      throw new UsageError(`--${known}: expected a value, got the option ${value}`)
    if (!takesValue && value !== undefined) throw new UsageError(`--${known}: expected no value, got "${value}"`)
  }
  const values = parseArgs([...rawArgs], withoutEnums(all)) as Partial<Record<OptionName, string | boolean>>
  return { verb, options: { ...checkValues(values), words: rest } }
}

function unknownOption(rawName: string, grammar: Grammar, verb?: string): UsageError {
  const candidates = grammar.options.map((name) => `--${name}`)
  return unknown(
    verb === undefined ? 'option' : `option of "${verb}"`,
    rawName,
    candidates,
    `"npm start -- ${verb === undefined ? '' : `${verb} `}--help" explains them`,
  )
}

function checkWords(verb: string, rest: readonly string[], known: readonly string[] | undefined): void {
  if (known === undefined && rest.length > 0) throw new UsageError(`"${verb}" takes no further word, got "${rest[0]}"`)
  if (rest.length > 1) throw new UsageError(`"${verb}" takes one further word, got "${rest.join(' ')}"`)
  if (known !== undefined && rest[0] !== undefined && !known.includes(rest[0])) throw unknown(`study`, rest[0], known)
}

function checkValues(values: Partial<Record<OptionName, string | boolean>>): Omit<Options, 'words'> {
  const text = (name: OptionName) =>
    typeof values[name] === 'string' && values[name] !== '' ? (values[name] as string) : undefined
  const whole = (name: OptionName) => {
    const value = text(name)
    if (value === undefined) return undefined
    if (/^\d+$/.test(value) && Number(value) >= 1 && Number.isSafeInteger(Number(value))) return Number(value)
    throw new UsageError(`--${name}: expected a whole number of at least 1, got "${value}"`)
  }
  const positive = (name: OptionName) => {
    const value = text(name)
    if (value === undefined) return undefined
    if (value.trim() !== '' && Number(value) > 0 && Number.isFinite(Number(value))) return Number(value)
    throw new UsageError(`--${name}: expected a number above 0, got "${value}"`)
  }
  const oneOf = (name: OptionName) => {
    const definition = optionDefinitions([name])[name]!
    const choices = definition.type === 'enum' ? (definition.options ?? []) : []
    const value = text(name)
    if (value !== undefined && !choices.includes(value)) throw unknown(`--${name}`, value, choices)
    return value
  }
  const shard = text('shard')
  if (shard !== undefined && !isShard(shard)) {
    throw new UsageError(`--shard: expected i/n with 1 ≤ i ≤ n, for example 3/40, got "${shard}"`)
  }
  return definedOnly({
    preset: (oneOf('preset') ?? 'laptop') as (typeof presetNames)[number],
    seeds: whole('seeds'),
    backend: oneOf('backend') as BackendName | undefined,
    out: text('out') ?? 'out',
    folder: text('out'),
    model: checkModelValues(values),
    shard,
    processes: whole('processes'),
    threads: whole('threads'),
    minutes: positive('minutes'),
    data: text('data'),
    order: oneOf('order') as Options['order'],
    cache: text('cache') ?? '.cache/studies',
    rounds: whole('rounds'),
    only: text('only'),
    json: values.json === true,
    debug: values.debug === true,
    help: values.help === true,
  }) as Omit<Options, 'words'>
}

/** What a kind of number accepts, in words and as a test. */
const numbers: Readonly<Record<string, readonly [expected: string, accepts: (value: number) => boolean]>> = {
  whole: ['a whole number of at least 1', (value) => Number.isSafeInteger(value) && value >= 1],
  count: ['a whole number of at least 0', (value) => Number.isSafeInteger(value) && value >= 0],
  positive: ['a number above 0', (value) => value > 0],
  number: ['a number of at least 0', (value) => value >= 0],
  any: ['a number', () => true],
  rate: ['a number from 0 to below 1', (value) => value >= 0 && value < 1],
  share: ['a number above 0, at most 1', (value) => value > 0 && value <= 1],
}

function checkModelValue(name: ModelOptionName, value: string | boolean): string | number | true {
  const kind = kindOf(name)
  if (kind === 'flag' || kind === 'text') return value as string | true
  const word = String(value)
  if (typeof kind !== 'string') {
    if (!kind.includes(word)) throw unknown(`--${name}`, word, kind)
    return word
  }
  const [expected, accepts] = numbers[kind]!
  const number = Number(word)
  if (word.trim() === '' || !Number.isFinite(number) || !accepts(number))
    throw new UsageError(`--${name}: expected ${expected}, got "${word}"`)
  return number
}

function checkModelValues(values: Partial<Record<OptionName, string | boolean>>): ModelValues {
  const given = modelOptionNames.flatMap((name) => {
    const value = values[name]
    return value === undefined || value === false || value === '' ? [] : [[name, checkModelValue(name, value)] as const]
  })
  return Object.fromEntries(given) as ModelValues
}

function isShard(text: string): boolean {
  const match = /^(\d+)\/(\d+)$/.exec(text)
  return match !== null && Number(match[1]) >= 1 && Number(match[1]) <= Number(match[2])
}

function unknown(what: string, word: string, candidates: readonly string[], more?: string): UsageError {
  const nearest = nearestWord(word, candidates)
  const suggestion = nearest === undefined ? '' : `; did you mean "${nearest}"?`
  return new UsageError(
    `unknown ${what}: "${word}"${suggestion}\n  expected one of: ${candidates.join(', ')}${more === undefined ? '' : `\n  ${more}`}`,
  )
}

function tokenOptions(definitions: ArgsDef): Record<string, { type: 'string' | 'boolean'; short?: string }> {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, { type, ...rest }]) => {
      const short = 'alias' in rest && typeof rest.alias === 'string' ? { short: rest.alias } : {}
      return [name, { type: type === 'boolean' ? 'boolean' : 'string', ...short }]
    }),
  )
}

/** citty refuses a wrong choice without the nearest word, so choices are checked here instead. */
function withoutEnums(definitions: ArgsDef): ArgsDef {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [
      name,
      definition.type === 'enum' ? { ...definition, type: 'string' } : definition,
    ]),
  ) as ArgsDef
}

function definedOnly<Value extends object>(value: Value): Partial<Value> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Partial<Value>
}
