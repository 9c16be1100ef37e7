import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { mergeRuns } from '@lemanic/eval/node'
import { renderReport } from '@lemanic/eval/report'
import { withInterrupt } from '../interrupt.js'
import type { Options } from '../options.js'
import type { StudyEntry } from '../studies.js'
import { setUpStudy } from '../study-setup.js'
import type { Terminal } from '../terminal.js'
import { printResults } from './run-study.js'

/** Puts together whatever runs of a study are there, those of all shards, and draws the report anew; runs nothing. */
export async function reportVerb(entry: StudyEntry, options: Options, terminal: Terminal): Promise<0 | 1> {
  return withInterrupt(
    () => undefined,
    async (signal) => {
      const { study, options: runOptions } = await setUpStudy(entry, options, terminal, signal)
      const { worker: _worker, shard: _shard, ...mergeOptions } = runOptions
      const { results, resultsPath } = await mergeRuns(study, mergeOptions)
      const reportPath = join(dirname(resultsPath), 'report.html')
      await writeFile(reportPath, renderReport(results))
      printResults(results, { resultsPath, reportPath }, options, terminal)
      return 0 as const
    },
  )
}
