import { doctor, formatDiagnosis } from '@lemanic/tensor-core'
import type { Options } from '../options.js'
import type { Terminal } from '../terminal.js'

/** Says which backends are present, which are missing, and what would add them; 1 when none works. */
export async function doctorVerb(options: Options, terminal: Terminal): Promise<0 | 1> {
  const diagnosis = await doctor()
  if (options.json) terminal.print(JSON.stringify(diagnosis))
  else terminal.say(formatDiagnosis(diagnosis))
  return diagnosis.choice === undefined ? 1 : 0
}
