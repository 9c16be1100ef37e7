import { type BackendName, backendNames } from '@lemanic/tensor-core'
import { samplerOrderNames } from '@lemanic/curriculum'
import type { ArgsDef } from 'citty'
import { modelArguments, type ModelValues } from './models/model-options.js'

// Every option of the command line, once; a verb names those that it takes.

/** The presets of the contract, smallest first. */
export const presetNames = ['smoke', 'laptop', 'complete', 'paper'] as const

const optionTable = {
  preset: {
    type: 'enum',
    options: [...presetNames],
    valueHint: 'NAME',
    description: 'size of the study: smoke, laptop (default), complete or paper',
  },
  seeds: { type: 'string', valueHint: 'N', description: 'number of seeds; default: those of the preset' },
  backend: {
    type: 'enum',
    options: [...backendNames],
    valueHint: 'NAME',
    description: `${backendNames.join(', ')}; default: TensorFlow where a GPU is visible, else the fastest present`,
  },
  out: {
    type: 'string',
    valueHint: 'DIR',
    description: 'where results go; default: out (of train: out/model)',
  },
  shard: {
    type: 'string',
    valueHint: 'I/N',
    description: 'run only part I of N, for a job array; "report" puts the parts together',
  },
  processes: {
    type: 'string',
    valueHint: 'N',
    description: 'runs at the same time; default: one for each core, on a GPU one',
  },
  threads: {
    type: 'string',
    valueHint: 'N',
    description:
      'threads of each process; default: the cores divided by --processes, else 1 (where one process works: one for each core)',
  },
  minutes: {
    type: 'string',
    valueHint: 'N',
    description: 'leave optional arms out until the estimate fits; training is never shortened',
  },
  data: {
    type: 'string',
    valueHint: 'DIR',
    description: 'a folder with text of your own (.txt, .md), of a study instead of the shipped data',
  },
  order: {
    type: 'enum',
    options: [...samplerOrderNames],
    valueHint: 'NAME',
    description: `the order of the training data, instead of the study's own: ${samplerOrderNames.join(', ')}`,
  },
  cache: { type: 'string', valueHint: 'DIR', description: 'where prepared data are kept; default: .cache/studies' },
  rounds: { type: 'string', valueHint: 'N', description: 'rounds of each benchmark; default: 7' },
  only: { type: 'string', valueHint: 'TEXT', description: 'only benchmarks whose name contains the text' },
  json: {
    type: 'boolean',
    description: 'print only machine-readable results on standard output; progress goes to standard error',
  },
  debug: { type: 'boolean', description: 'show the stack trace of an error' },
  ...modelArguments,
  help: { type: 'boolean', alias: 'h', description: 'show this help' },
} satisfies ArgsDef

export type OptionName = keyof typeof optionTable

/** What every verb takes. */
export const commonOptions = ['json', 'debug', 'help'] as const satisfies readonly OptionName[]

/** Options of a verb that runs or merges a study. */
export const studyOptions = [
  'preset',
  'seeds',
  'backend',
  'out',
  'shard',
  'processes',
  'threads',
  'minutes',
  'data',
  'order',
  'cache',
  ...commonOptions,
] as const satisfies readonly OptionName[]

/** The definitions of some options, for citty. */
export function optionDefinitions(names: readonly OptionName[]): ArgsDef {
  return Object.fromEntries(names.map((name) => [name, optionTable[name]]))
}

/** Every option there is. */
export const allOptions = Object.keys(optionTable) as OptionName[]

/** Parsed options, checked: what verbs get. Directories are as given. */
export interface Options {
  readonly preset: (typeof presetNames)[number]
  readonly seeds?: number
  readonly backend?: BackendName
  readonly out: string
  /** `out` as given. */
  readonly folder?: string
  readonly shard?: string
  readonly processes?: number
  readonly threads?: number
  readonly minutes?: number
  readonly data?: string
  readonly order?: (typeof samplerOrderNames)[number]
  readonly cache: string
  readonly rounds?: number
  readonly only?: string
  readonly json: boolean
  readonly debug: boolean
  readonly help: boolean
  /** Options of train, generate and convert. */
  readonly model: ModelValues
  /** Words after the verb. */
  readonly words: readonly string[]
}
