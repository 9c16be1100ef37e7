import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { reasonIn, type CommandRunner } from './run-command.js'

/** What a working engine says of itself. */
export interface EngineFacts {
  readonly version: string
  readonly device: 'GPU' | 'CPU'
}

const script = join(fileURLToPath(new URL('.', import.meta.url)), 'load-engine.cjs')

/** Loads the package in a process of its own and multiplies two matrices. A text says why it does not work. */
export async function verify(folder: string, run: CommandRunner): Promise<EngineFacts | string> {
  const outcome = await run(process.execPath, [script, folder], { seconds: 120 })
  const line = outcome.output.split('\n').find((text) => text.startsWith('{"version"'))
  return outcome.code === 0 && line !== undefined ? (JSON.parse(line) as EngineFacts) : reasonIn(outcome)
}
