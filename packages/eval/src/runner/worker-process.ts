import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { EvalError } from '../errors.js'
import type { AnyStudy, RunOutput, RunProgress } from '../study/define-study.js'
import { executeProbe, executeRun, type Workplace } from './execute-run.js'
import type { FromWorker, ToWorker } from './messages.js'
import { graceMilliseconds, setUp } from './serve-study.js'

/** Something that makes one run at a time. */
export interface Worker {
  readonly probe: (arm: string, checkpointDirectory: string) => Promise<number>
  readonly run: (
    run: { arm: string; seed: number; checkpointDirectory: string },
    onProgress: (progress: RunProgress) => void,
  ) => Promise<{ output: RunOutput; seconds: number }>
  /** Stops what it does and ends; waits for a run to notice, then kills it. */
  readonly stop: () => Promise<void>
}

interface Resources {
  readonly study: AnyStudy
  readonly preset: string
  readonly threads: number
  readonly backend: string
  readonly dataOrder?: string
}

/** A worker in this process: for tests, for debugging, and where processes cannot be started. */
export function startLocalWorker(resources: Resources & { clock: () => number }): Worker {
  const abort = new AbortController()
  let workplace: Promise<Workplace> | undefined
  const ready = async () => {
    workplace ??= setUp(resources.study, resources, abort.signal, resources.clock)
    try {
      return await workplace
    } catch (cause) {
      throw setupError(resources.study.name, cause instanceof Error ? cause.message : String(cause), cause)
    }
  }
  return {
    probe: async (arm, checkpointDirectory) => executeProbe(await ready(), arm, checkpointDirectory),
    run: async (run, onProgress) => executeRun(await ready(), run, onProgress),
    async stop() {
      abort.abort(new EvalError('run-aborted', 'The run was aborted.', {}))
    },
  }
}

type Job =
  | { type: 'probe'; arm: string; checkpointDirectory: string }
  | { type: 'run'; arm: string; seed: number; checkpointDirectory: string }

/**
 * A worker in a child process, forked from `module` when its first job comes and again after a crash.
 *
 * The child inherits this process's loader flags. What it prints is kept only to explain a crash.
 */
export function startWorkerProcess(resources: Resources & { module: string | URL }): Worker {
  const { study, module } = resources
  let child: ChildProcess | undefined
  let exited: Promise<void> = Promise.resolve()
  let output = ''
  let nextId = 0
  let stopping = false
  let current:
    | {
        id: number
        resolve: (message: FromWorker) => void
        reject: (error: unknown) => void
        onProgress: (progress: RunProgress) => void
      }
    | undefined

  const settle = (act: (job: NonNullable<typeof current>) => void) => {
    const job = current
    current = undefined
    if (job) act(job)
  }
  const post = (message: ToWorker) => child?.connected && child.send(message, () => undefined)

  const start = () => {
    const path = module instanceof URL || module.startsWith('file:') ? fileURLToPath(module) : module
    const started = fork(path, [], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    child = started
    output = ''
    const keep = (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4000))
    started.stdout?.on('data', keep)
    started.stderr?.on('data', keep)
    started.on('message', (message: FromWorker) => receive(message))
    exited = new Promise((resolve) => {
      let over = false
      const ended = (detail: string) => {
        if (over) return
        over = true
        if (child === started) child = undefined
        settle((job) => job.reject(crashError(study.name, path, detail, output, stopping)))
        resolve()
      }
      const describe = (code: number | null, signal: string | null) =>
        signal ? `signal ${signal}` : `exit code ${code}`
      started.on('error', (error) => ended(error.message))
      // 'close' comes when the last output is read, but not at all after a disconnect from this side.
      started.on('close', (code, signal) => ended(describe(code, signal)))
      started.on('exit', (code, signal) => setTimeout(() => ended(describe(code, signal)), stopping ? 0 : 200))
    })
    const { preset, threads, backend, dataOrder } = resources
    post({ type: 'setup', preset, threads, backend, ...(dataOrder === undefined ? {} : { dataOrder }) })
  }

  const receive = (message: FromWorker) => {
    if (message.type === 'hello' && message.study !== study.name) {
      settle((job) => job.reject(setupError(study.name, `its worker module serves study '${message.study}'`)))
    } else if (message.type === 'failed' && message.id === null) {
      const error = setupError(study.name, message.message)
      error.stack = message.stack || error.stack
      settle((job) => job.reject(error))
    } else if ('id' in message && message.id === current?.id) {
      if (message.type === 'progress') current.onProgress(message.progress)
      else if (message.type === 'failed') {
        const error = new EvalError(stopping ? 'run-aborted' : 'run-failed', message.message, { study: study.name })
        error.stack = message.stack || error.stack
        settle((job) => job.reject(error))
      } else settle((job) => job.resolve(message))
    }
  }

  const ask = (job: Job, onProgress: (progress: RunProgress) => void) =>
    new Promise<FromWorker>((resolve, reject) => {
      const id = nextId++
      current = { id, resolve, reject, onProgress }
      if (!child) start()
      post({ ...job, id })
    })

  return {
    async probe(arm, checkpointDirectory) {
      const answer = await ask({ type: 'probe', arm, checkpointDirectory }, () => undefined)
      return (answer as Extract<FromWorker, { type: 'probed' }>).seconds
    },
    async run(run, onProgress) {
      const { output: result, seconds } = (await ask({ type: 'run', ...run }, onProgress)) as Extract<
        FromWorker,
        { type: 'done' }
      >
      return { output: result, seconds }
    },
    async stop() {
      stopping = true
      const stopped = child
      if (!stopped) return
      post({ type: 'abort' })
      const busy = current !== undefined
      if (!busy) stopped.disconnect()
      const timer = setTimeout(() => stopped.kill('SIGKILL'), graceMilliseconds)
      if (busy) {
        const previous = current!
        const resolved = () => stopped.connected && stopped.disconnect()
        current = {
          ...previous,
          resolve: (message) => (resolved(), previous.resolve(message)),
          reject: (error) => (resolved(), previous.reject(error)),
        }
      }
      await exited
      clearTimeout(timer)
    },
  }
}

/** True for an error that every run of the study would meet. */
export function isSetupError(error: unknown): boolean {
  return EvalError.isInstance(error) && error.fields.during === 'setup'
}

function setupError(study: string, detail: string, cause?: unknown): EvalError {
  return new EvalError(
    'worker-failed',
    `Study '${study}' could not be set up: ${detail}`,
    { study, during: 'setup' },
    { cause },
  )
}

function crashError(study: string, module: string, detail: string, output: string, stopping: boolean): EvalError {
  if (stopping) return new EvalError('run-aborted', 'The run was aborted.', { study })
  const said = output.trim()
  return new EvalError(
    'worker-failed',
    `The worker process of study '${study}' ended in the middle of a run (${detail})` +
      (said === '' ? '; it printed nothing. Was it out of memory?' : `. It last printed: ${said}`),
    { study, module, detail, output: said },
  )
}
