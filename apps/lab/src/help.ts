import { type CommandDef, renderUsage } from 'citty'
import { optionDefinitions } from './options.js'
import type { Grammar } from './parse-command.js'
import { studies } from './studies.js'

/** What each verb does, in a sentence. */
export const verbDescriptions: Readonly<Record<string, string>> = {
  list: 'the ten studies and their state',
  report: 'put together the runs of a study (all shards) and draw its report anew, without running anything',
  gallery: 'one page of all studies that have results',
  doctor: 'which backends are present, which are missing, and what would add them',
  bench: 'the benchmarks, beside PyTorch where Python has it',
  train: 'train a GPT, Llama, Block Universal or CoTFormer on a folder with text of your own; goes on where it stopped',
  generate: 'write text with a model that was trained here, or one of the Hugging Face Hub',
  convert: 'a model from and to folders of the Hugging Face Hub, and to other types of weights',
}

/** The help of one verb. */
export async function helpOf(verb: string, grammar: Grammar): Promise<string> {
  const study = studies.find(({ name }) => name === verb)
  const command: CommandDef = {
    meta: {
      name: `npm start -- ${verb}`,
      description: study === undefined ? verbDescriptions[verb] : `run the study of: ${study.paper} (${study.venue})`,
    },
    args: {
      ...(grammar.words === undefined
        ? {}
        : { study: { type: 'positional', required: false, default: 'cotformer', description: 'the study' } }),
      ...optionDefinitions(grammar.options),
    },
  }
  return renderUsage(command)
}

/** The help of the whole command line. */
export async function generalHelp(fallback: string, grammar: Grammar): Promise<string> {
  const lines = [
    'npm start -- [STUDY or COMMAND] [OPTIONS]',
    '',
    `Without a word it runs the study "${fallback}".`,
    '',
    'Studies',
    ...studies.map(
      ({ name, paper, package: available }) =>
        `  ${name.padEnd(24)}${available === undefined ? '(planned) ' : ''}${paper}`,
    ),
    '',
    'Commands',
    ...Object.entries(verbDescriptions).map(([name, description]) => `  ${name.padEnd(24)}${description}`),
    '',
    'Exit codes: 0 done, 1 failed, 2 wrong usage.',
    '',
  ]
  return `${lines.join('\n')}\n${await helpOf(fallback, grammar)}`
}
