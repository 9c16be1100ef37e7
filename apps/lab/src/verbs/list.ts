import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { type Options, presetNames } from '../options.js'
import { studies } from '../studies.js'
import type { Terminal } from '../terminal.js'

/** The table of the ten studies: which are there, and for which presets `--out` holds results. */
export async function listVerb(options: Options, terminal: Terminal): Promise<0 | 1> {
  const rows = await Promise.all(
    studies.map(async ({ name, paper, venue, url, package: available }) => ({
      name,
      paper,
      venue,
      url,
      state: available === undefined ? ('planned' as const) : ('available' as const),
      results: await presetsWithResults(options.out, name),
    })),
  )
  if (options.json) {
    terminal.print(JSON.stringify(rows))
    return 0
  }
  const nameWidth = Math.max(...rows.map(({ name }) => name.length))
  for (const { name, paper, venue, state, results } of rows) {
    const mark = state === 'available' ? terminal.color.green('available') : terminal.color.dim('planned  ')
    const ran = results.length === 0 ? '' : terminal.color.cyan(`  [results: ${results.join(', ')}]`)
    terminal.say(`${name.padEnd(nameWidth)}  ${mark}  ${paper} (${venue})${ran}`)
  }
  terminal.say('\nRun one: npm start -- <study>, for example: npm start -- cotformer --preset smoke')
  return 0
}

async function presetsWithResults(out: string, study: string): Promise<string[]> {
  const present = await Promise.all(
    presetNames.map((preset) =>
      access(join(out, study, preset, 'results.json')).then(
        () => true,
        () => false,
      ),
    ),
  )
  return presetNames.filter((_, index) => present[index])
}
