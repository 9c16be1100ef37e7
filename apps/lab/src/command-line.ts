import { helpOf, generalHelp, verbDescriptions } from './help.js'
import { commonOptions, type OptionName, type Options, studyOptions } from './options.js'
import { type Grammar, parseCommand } from './parse-command.js'
import { convertOptions, generateOptions, trainOptions } from './models/model-options.js'
import { studies } from './studies.js'
import { createTerminal, type Terminal } from './terminal.js'
import { UsageError } from './usage-error.js'
import { benchVerb } from './verbs/bench.js'
import { convertVerb } from './verbs/convert.js'
import { doctorVerb } from './verbs/doctor.js'
import { galleryVerb } from './verbs/gallery.js'
import { generateVerb } from './verbs/generate.js'
import { listVerb } from './verbs/list.js'
import { reportVerb } from './verbs/report.js'
import { runStudyVerb } from './verbs/run-study.js'
import { trainVerb } from './verbs/train.js'

/** The study that runs when no word is given. */
const fallback = 'cotformer'

const studyNames = studies.map(({ name }) => name)
const reportOptions: readonly OptionName[] = studyOptions.filter(
  (name) => !['shard', 'processes', 'threads'].includes(name),
)
const grammars: ReadonlyMap<string, Grammar> = new Map<string, Grammar>([
  ...studyNames.map((name): [string, Grammar] => [name, { options: studyOptions }]),
  ['list', { options: ['out', ...commonOptions] }],
  ['report', { options: reportOptions, words: studyNames }],
  ['gallery', { options: ['out', ...commonOptions] }],
  ['doctor', { options: commonOptions }],
  ['bench', { options: ['only', 'rounds', 'threads', 'backend', ...commonOptions] }],
  ['train', { options: trainOptions }],
  ['generate', { options: generateOptions }],
  ['convert', { options: convertOptions }],
  ['help', { options: commonOptions }],
])

export interface CommandLineSettings {
  readonly stdout: Parameters<typeof createTerminal>[0]['stdout']
  readonly stderr: Parameters<typeof createTerminal>[0]['stderr']
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * Runs one command and returns its exit code: 0 done, 1 failed (one clear message, a stack trace only with --debug),
 * 2 wrong usage (with the nearest valid word).
 */
export async function runCommandLine(rawArgs: readonly string[], settings: CommandLineSettings): Promise<0 | 1 | 2> {
  const json = rawArgs.includes('--json')
  const terminal = createTerminal({ ...settings, json })
  const debug = rawArgs.includes('--debug')
  try {
    const { verb, options } = parseCommand(rawArgs, grammars, fallback)
    if (verb === 'help' || options.help) {
      const general = verb === 'help' || !rawArgs.includes(verb)
      terminal.print(
        general ? await generalHelp(fallback, grammars.get(fallback)!) : await helpOf(verb, grammars.get(verb)!),
      )
      return 0
    }
    return await dispatch(verb, options, terminal)
  } catch (error) {
    settings.stderr.write(`${describeError(error, debug)}\n`)
    return error instanceof UsageError ? 2 : 1
  }
}

async function dispatch(verb: string, options: Options, terminal: Terminal): Promise<0 | 1> {
  const studyNamed = (name: string) => studies.find((study) => study.name === name)!
  if (studyNames.includes(verb)) return runStudyVerb(studyNamed(verb), options, terminal)
  switch (verb) {
    case 'list':
      return listVerb(options, terminal)
    case 'report':
      return reportVerb(studyNamed(options.words[0] ?? fallback), options, terminal)
    case 'gallery':
      return galleryVerb(options, terminal)
    case 'doctor':
      return doctorVerb(options, terminal)
    case 'bench':
      return benchVerb(options, terminal)
    case 'train':
      return trainVerb(options, terminal)
    case 'generate':
      return generateVerb(options, terminal)
    case 'convert':
      return convertVerb(options, terminal)
    default:
      throw new UsageError(`unknown command "${verb}"; expected one of: ${Object.keys(verbDescriptions).join(', ')}`)
  }
}

function describeError(error: unknown, debug: boolean): string {
  if (!(error instanceof Error)) return `error: ${String(error)}`
  if (debug && !(error instanceof UsageError)) return error.stack ?? error.message
  const hint = error instanceof UsageError ? '' : '\n  (--debug shows where this came from)'
  return `error: ${error.message}${hint}`
}
