import { EvalError } from '../errors.js'
import { nearestWord } from '../nearest-word.js'
import type { AnyStudy, RunContext, RunOutput, RunProgress } from '../study/define-study.js'

/** What a process has at hand for its runs. */
export interface Workplace {
  readonly study: AnyStudy
  readonly preset: string
  readonly options: unknown
  readonly engine: unknown
  readonly threads: number
  readonly dataOrder?: string | undefined
  readonly signal: AbortSignal
  readonly clock: () => number
}

const reportEveryMilliseconds = 100

/** Makes one run in this process and checks what it returns. */
export async function executeRun(
  workplace: Workplace,
  run: { arm: string; seed: number; checkpointDirectory: string },
  onProgress: (progress: RunProgress) => void,
): Promise<{ output: RunOutput; seconds: number }> {
  const started = workplace.clock()
  const output = (await workplace.study.run(
    run.arm,
    run.seed,
    contextOf(workplace, run.checkpointDirectory, onProgress),
  )) as RunOutput
  workplace.signal.throwIfAborted()
  checkOutput(workplace.study, run, output)
  return { output, seconds: (workplace.clock() - started) / 1000 }
}

/** Measures the seconds that a run of this arm takes, by the study's own probe. */
export async function executeProbe(workplace: Workplace, arm: string, checkpointDirectory: string): Promise<number> {
  const seconds: unknown = await workplace.study.probe!(
    arm,
    contextOf(workplace, checkpointDirectory, () => undefined),
  )
  if (typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0) return seconds
  throw new EvalError(
    'run-failed',
    `Study '${workplace.study.name}': expected \`probe\` to return the seconds of a whole run, got ${String(seconds)} for arm '${arm}'.`,
    { arm, seconds },
  )
}

function contextOf(
  workplace: Workplace,
  checkpointDirectory: string,
  onProgress: (progress: RunProgress) => void,
): RunContext<unknown, unknown> {
  let last = -Infinity
  return {
    preset: workplace.preset,
    options: workplace.options,
    engine: workplace.engine,
    threads: workplace.threads,
    dataOrder: workplace.dataOrder,
    checkpointDirectory,
    signal: workplace.signal,
    clock: workplace.clock,
    async report(progress) {
      const now = workplace.clock()
      if (now - last >= reportEveryMilliseconds || progress.fraction >= 1) {
        last = now
        onProgress(progress)
        // Messages from the parent, an abort among them, arrive only when the event loop turns.
        await new Promise((resolve) => setImmediate(resolve))
      }
      if (workplace.signal.aborted) throw new EvalError('run-aborted', 'The run was aborted.', {})
    },
  }
}

function checkOutput(study: AnyStudy, run: { arm: string; seed: number }, output: RunOutput): void {
  const where = `Study '${study.name}', arm '${run.arm}', seed ${run.seed}`
  const known = Object.keys(study.metrics)
  if (typeof output !== 'object' || output === null || typeof output.metrics !== 'object' || output.metrics === null) {
    throw new EvalError('run-failed', `${where}: expected \`run\` to return { metrics }, got ${String(output)}.`, {
      ...run,
    })
  }
  for (const name of known) {
    const value = (output.metrics as Record<string, number>)[name]
    if (value === undefined && (study.metrics as AnyStudy['metrics'])[name].optional === true) continue
    if (!Number.isFinite(value)) {
      throw new EvalError(
        'run-failed',
        `${where}: expected metric '${name}' to be a finite number, got ${String(value)}. ` +
          'If the run diverged, let the study say what that counts as.',
        { ...run, metric: name },
      )
    }
  }
  for (const name of Object.keys(output.metrics)) {
    if (!known.includes(name)) {
      const nearest = nearestWord(name, known)
      throw new EvalError(
        'run-failed',
        `${where}: expected metrics of this study (${known.join(', ')}), got '${name}'${nearest ? `; did you mean '${nearest}'?` : ''}.`,
        { ...run, metric: name },
      )
    }
  }
  const series = [
    ...Object.entries(output.curves ?? {}).flatMap(
      ([name, { x, y }]) =>
        [
          [`curve '${name}' x`, x],
          [`curve '${name}' y`, y],
        ] as const,
    ),
    ...Object.entries(output.samples ?? {}).map(([name, values]) => [`samples '${name}'`, values] as const),
  ]
  for (const [name, values] of series) {
    const index = Array.from(values).findIndex((value) => !Number.isFinite(value))
    if (index >= 0) {
      throw new EvalError(
        'run-failed',
        `${where}: expected finite numbers in ${name}, got ${String(values[index])} at index ${index}.`,
        {
          ...run,
          index,
        },
      )
    }
  }
}
