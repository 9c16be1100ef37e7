import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ArmDefinition, Results } from '@lemanic/eval'
import { describeSeconds, runStudy } from '@lemanic/eval/node'
import { renderReport } from '@lemanic/eval/report'
import { claimsTable } from '../claims-table.js'
import { withInterrupt } from '../interrupt.js'
import type { Options } from '../options.js'
import type { StudyEntry } from '../studies.js'
import { studyProgress } from '../study-progress.js'
import { setUpStudy } from '../study-setup.js'
import type { Terminal } from '../terminal.js'

/** Runs a study (or goes on with it), writes results.json and report.html, and prints the claims. */
export async function runStudyVerb(entry: StudyEntry, options: Options, terminal: Terminal): Promise<0 | 1> {
  return withInterrupt(
    () => terminal.say('\nStopping: finished runs are kept, running ones write where they are …'),
    async (signal) => {
      const started = performance.now()
      const { study, options: runOptions } = await setUpStudy(entry, options, terminal, signal)
      const { environment } = runOptions
      terminal.say(terminal.color.bold(study.title))
      terminal.say(
        `Preset ${options.preset}: ${study.presets[options.preset]?.description ?? 'not part of this study'}\n` +
          `Backend ${environment.backend}, ${environment.processes} × ${environment.threads} threads, Node ${environment.node}, ${environment.cpu}`,
      )
      const arms = Object.entries(study.arms as Record<string, ArmDefinition>)
      const optional = arms.flatMap(([, arm]) => (arm.optional === true ? [arm.title] : []))
      const progress = studyProgress(
        terminal,
        Object.fromEntries(arms.map(([name, { title }]) => [name, title])),
        optional,
      )
      try {
        for await (const event of runStudy(study, { ...runOptions, signal, clock: () => performance.now() })) {
          progress.handle(event)
          if (event.type !== 'study-end') continue
          const reportPath = join(dirname(event.resultsPath), 'report.html')
          if (event.results.runs.length > 0) await writeFile(reportPath, renderReport(event.results))
          if (event.aborted) {
            terminal.say(
              `\nStopped with ${event.results.missing.length} runs still to do. To go on where it stopped:\n  ${continueCommand(entry, options)}`,
            )
            return 1
          }
          printResults(event.results, { resultsPath: event.resultsPath, reportPath }, options, terminal)
          terminal.say(`\nTook ${describeSeconds((performance.now() - started) / 1000)}.`)
          if (event.failures.length > 0) {
            terminal.say(
              terminal.color.red(
                `${event.failures.length} runs failed; the same command tries them again. The first: ${event.failures[0]!.error}`,
              ),
            )
          }
          return event.exitCode
        }
      } finally {
        progress.stop()
      }
      return 1
    },
  )
}

/** The claims table and the paths; with --json the results themselves on standard output. */
export function printResults(
  results: Results,
  paths: { resultsPath: string; reportPath: string },
  options: Options,
  terminal: Terminal,
): void {
  terminal.say('')
  for (const line of claimsTable(results, terminal.color, terminal.width)) terminal.say(line)
  if (!results.preset.verdicts)
    terminal.say(terminal.color.dim(`The preset ${results.preset.name} is too small for verdicts.`))
  if (results.missing.length > 0)
    terminal.say(
      terminal.color.yellow(`${results.missing.length} runs of this preset are not there (other shards, or failed).`),
    )
  terminal.say(`\nresults  ${paths.resultsPath}\nreport   ${paths.reportPath}`)
  if (options.json) terminal.print(JSON.stringify(results))
}

function continueCommand(entry: StudyEntry, options: Options): string {
  const words = [`npm start -- ${entry.name} --preset ${options.preset}`]
  for (const name of ['seeds', 'backend', 'shard', 'processes', 'threads', 'minutes', 'data', 'order'] as const) {
    if (options[name] !== undefined) words.push(`--${name} ${options[name]}`)
  }
  if (options.out !== 'out') words.push(`--out ${options.out}`)
  if (options.cache !== '.cache/studies') words.push(`--cache ${options.cache}`)
  return words.join(' ')
}
