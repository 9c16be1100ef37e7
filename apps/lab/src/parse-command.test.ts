import { expect, test } from 'vitest'
import { type OptionName, studyOptions } from './options.js'
import { type Grammar, parseCommand } from './parse-command.js'
import { UsageError } from './usage-error.js'

const verbs = new Map<string, Grammar>([
  ['cotformer', { options: studyOptions }],
  ['laser', { options: studyOptions }],
  ['list', { options: ['out', 'json', 'debug', 'help'] satisfies OptionName[] }],
  ['report', { options: ['out', 'json'], words: ['cotformer', 'laser'] }],
])
const parse = (text: string) => parseCommand(text === '' ? [] : text.split(' '), verbs, 'cotformer')

test('without a word the fallback runs with the defaults', () => {
  expect(parse('')).toEqual({
    verb: 'cotformer',
    options: {
      preset: 'laptop',
      out: 'out',
      cache: '.cache/studies',
      json: false,
      debug: false,
      help: false,
      model: {},
      words: [],
    },
  })
})

test('options are read before and after the verb, with = and without', () => {
  const { verb, options } = parse('--preset=smoke laser --seeds 3 --shard 2/4 --minutes 7.5 --json --threads 2')
  expect(verb).toBe('laser')
  expect(options).toMatchObject({ preset: 'smoke', seeds: 3, shard: '2/4', minutes: 7.5, json: true, threads: 2 })
  expect(parse('report laser').options.words).toEqual(['laser'])
})

test.each([
  ['cotfromer', /unknown study or command: "cotfromer"; did you mean "cotformer"\?/],
  ['nosuch', /did you mean "\w+"\?/],
  ['--prset smoke', /unknown option: "--prset"; did you mean "--preset"\?/],
  ['list --seeds 3', /unknown option of "list": "--seeds"/],
  ['--preset larptop', /unknown --preset: "larptop"; did you mean "laptop"\?/],
  ['--backend nativ', /did you mean "native"\?/],
  ['report lazer', /unknown study: "lazer"; did you mean "laser"\?/],
  ['cotformer laser', /takes no further word, got "laser"/],
  ['--seeds', /--seeds: expected a value, got none/],
  ['--seeds --json', /--seeds: expected a value, got the option --json/],
  ['laser smoke --prest', /unknown option: "--prest"; did you mean "--preset"/],
  ['--seeds two', /--seeds: expected a whole number of at least 1, got "two"/],
  ['--seeds 0', /--seeds: expected a whole number/],
  ['--seeds 1.5', /--seeds: expected a whole number/],
  ['--minutes -1', /--minutes: expected a/],
  ['--minutes 0', /--minutes: expected a number above 0, got "0"/],
  ['--shard 5/4', /--shard: expected i\/n with 1 ≤ i ≤ n/],
  ['--json=yes', /--json: expected no value, got "yes"/],
  ['--seeds 1 --seeds 2', /--seeds: expected it once, got it twice/],
  ['--no-json', /unknown option/],
  ['-x', /unknown option/],
])('refuses "%s"', (text, message) => {
  expect(() => parse(text)).toThrow(UsageError)
  expect(() => parse(text)).toThrow(message)
})
