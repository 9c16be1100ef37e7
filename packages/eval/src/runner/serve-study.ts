import { EvalError } from '../errors.js'
import { findPreset } from '../study/collect-results.js'
import type { AnyStudy } from '../study/define-study.js'
import { executeProbe, executeRun, type Workplace } from './execute-run.js'
import type { FromWorker, ToWorker } from './messages.js'

/** How long a run may take to notice that its process is not wanted any more. */
export const graceMilliseconds = 5000

/**
 * Turns this process into a worker of `runStudy`: call it once, last, in the module that `runStudy` is given as
 * `worker`.
 *
 * It waits for runs of `study` over the IPC channel, makes them one after another with one engine, and ends when the
 * channel closes, so no worker outlives the process that started it by more than the step it is in. Throws
 * `EvalError` with code `worker-failed` where there is no channel, that is, when the module was started by hand.
 */
export function serveStudy(study: AnyStudy, options: { readonly clock: () => number }): void {
  if (typeof process.send !== 'function') {
    throw new EvalError(
      'worker-failed',
      `serveStudy: expected to be started by runStudy, which gives a worker its channel. Start study '${study.name}' instead.`,
      { study: study.name },
    )
  }
  const abort = new AbortController()
  let workplace: Promise<Workplace> | undefined
  const send = (message: FromWorker) => {
    if (process.connected) process.send!(message, () => undefined)
  }
  const answer = (id: number | null, work: () => Promise<FromWorker>) => {
    work().then(send, (error: unknown) => {
      const { message, stack } = error instanceof Error ? error : new Error(String(error))
      send({ type: 'failed', id, message, stack: stack ?? '' })
    })
  }
  process.on('message', (message: ToWorker) => {
    switch (message.type) {
      case 'setup':
        workplace = setUp(study, message, abort.signal, options.clock)
        answer(null, async () => {
          await workplace
          return { type: 'ready' }
        })
        break
      case 'probe':
        answer(message.id, async () => ({
          type: 'probed',
          id: message.id,
          seconds: await executeProbe((await workplace)!, message.arm, message.checkpointDirectory),
        }))
        break
      case 'run':
        answer(message.id, async () => {
          const result = await executeRun((await workplace)!, message, (progress) =>
            send({ type: 'progress', id: message.id, progress }),
          )
          return { type: 'done', id: message.id, ...result }
        })
        break
      case 'abort':
        abort.abort(new EvalError('run-aborted', 'The run was aborted.', {}))
        break
    }
  })
  process.on('disconnect', () => {
    abort.abort(new EvalError('run-aborted', 'The process that started this worker is gone.', {}))
    setTimeout(() => process.kill(process.pid, 'SIGTERM'), graceMilliseconds).unref()
  })
  // Ctrl-C reaches the whole process group; the process that started the study decides what becomes of its workers.
  process.on('SIGINT', () => undefined)
  send({ type: 'hello', study: study.name })
}

/** Prepares this process for the runs of one preset. */
export async function setUp(
  study: AnyStudy,
  resources: {
    readonly preset: string
    readonly threads: number
    readonly backend: string
    readonly dataOrder?: string
  },
  signal: AbortSignal,
  clock: () => number,
): Promise<Workplace> {
  const { preset, threads, backend, dataOrder } = resources
  const { options } = findPreset(study, preset)
  const engine: unknown = await study.setup?.({ threads, backend, options })
  return { study, preset, options, engine, threads, dataOrder, signal, clock }
}
