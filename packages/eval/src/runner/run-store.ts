import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { EvalError } from '../errors.js'
import type { RecordedRun } from '../study/collect-results.js'
import { fingerprint } from './fingerprint.js'
import type { PlannedRun } from './plan-runs.js'

// One JSON file a run: <arm>.<seed>.<identity>.json, where the identity is a hash of study, options, backend, arm and
// seed. A file is written beside its place and renamed, and carries a checksum, so that a torn one is noticed.

const numbers = z.array(z.number())
const recordSchema = z.strictObject({
  format: z.literal('lemanic-run'),
  version: z.literal(1),
  identity: z.string(),
  code: z.string(),
  arm: z.string(),
  seed: z.number().int(),
  status: z.enum(['done', 'failed']),
  metrics: z.record(z.string(), z.number()),
  curves: z.record(z.string(), z.strictObject({ x: numbers, y: numbers })).optional(),
  samples: z.record(z.string(), numbers).optional(),
  seconds: z.number().nonnegative(),
  error: z.string().optional(),
})

/** Why a file in the store was not used. */
export interface Discarded {
  /** 'torn': damaged or half-written. 'code': made by other code. 'options': made with other options or backend. */
  readonly reason: 'torn' | 'code' | 'options'
  readonly path: string
  readonly detail: string
}

/** The runs of one study and preset on disk. */
export interface RunStore {
  readonly directory: string
  /** Finished and failed runs that belong to the plan, and the files that do not count and why. */
  readonly load: (plan: readonly PlannedRun[]) => Promise<{ runs: RecordedRun[]; discarded: Discarded[] }>
  readonly save: (run: RecordedRun) => Promise<void>
  /** The directory of a run's checkpoints, made if need be; another code version has another directory. */
  readonly checkpointDirectory: (run: PlannedRun) => Promise<string>
  readonly removeCheckpoints: (run: PlannedRun) => Promise<void>
}

/**
 * Opens the store of a study's runs at `directory`, which is made when the first run is saved.
 *
 * `identity` is everything that must be equal for runs to be comparable (study, options, backend); `code` names the
 * version of the code. A file made by other code is moved to `superseded/` and never mixed in; one made with other
 * options stays where it is, since its options may come back.
 */
export function openRunStore(options: { directory: string; identity: unknown; code: string }): RunStore {
  const { directory, code } = options
  const runsDirectory = join(directory, 'runs')
  const identityOf = (run: PlannedRun) => fingerprint({ identity: options.identity, arm: run.arm, seed: run.seed })
  const stem = (run: PlannedRun) => `${run.arm}.${run.seed}`
  const fileName = (run: PlannedRun) => `${stem(run)}.${identityOf(run)}.json`
  const checkpointPath = (run: PlannedRun) =>
    join(directory, 'checkpoints', `${stem(run)}.${identityOf(run)}.${fingerprint(code).slice(0, 8)}`)

  return {
    directory,
    async load(plan) {
      const names = await listFiles(runsDirectory)
      const runs: RecordedRun[] = []
      const discarded: Discarded[] = []
      for (const planned of plan) {
        const own = fileName(planned)
        for (const name of names) {
          if (
            name.startsWith(`${stem(planned)}.`) &&
            name !== own &&
            /\.[0-9a-f]{16}\.json$/.test(name) &&
            name.length === own.length
          ) {
            discarded.push({
              reason: 'options',
              path: join(runsDirectory, name),
              detail: `${planned.arm}, seed ${planned.seed}: made with other options or another backend; kept, not used`,
            })
          }
        }
        if (!names.includes(own)) continue
        const path = join(runsDirectory, own)
        const read = await readRecord(path)
        if (typeof read === 'string') {
          discarded.push({
            reason: 'torn',
            path,
            detail: `${planned.arm}, seed ${planned.seed}: ${read}; it runs again`,
          })
        } else if (read.code !== code) {
          await mkdir(join(directory, 'superseded'), { recursive: true })
          await rename(
            path,
            join(directory, 'superseded', `${own.slice(0, -5)}.${fingerprint(read.code).slice(0, 8)}.json`),
          )
          discarded.push({
            reason: 'code',
            path,
            detail: `${planned.arm}, seed ${planned.seed}: made by code ${read.code}, this is ${code}; moved to superseded, it runs again`,
          })
        } else {
          const { arm, seed, status, metrics, curves, samples, seconds, error } = read
          runs.push({
            arm,
            seed,
            status,
            metrics,
            seconds,
            ...(curves ? { curves } : {}),
            ...(samples ? { samples } : {}),
            ...(error === undefined ? {} : { error }),
          })
        }
      }
      return { runs, discarded }
    },
    async save(run) {
      const record = { format: 'lemanic-run', version: 1, identity: identityOf(run), code, ...run }
      await writeAtomically(
        join(runsDirectory, fileName(run)),
        JSON.stringify({ ...record, checksum: fingerprint(record) }),
      )
    },
    async checkpointDirectory(run) {
      await mkdir(checkpointPath(run), { recursive: true })
      return checkpointPath(run)
    },
    async removeCheckpoints(run) {
      await rm(checkpointPath(run), { recursive: true, force: true })
    },
  }
}

/** Writes a file so that a reader sees the old content or the new, never a part: beside its place, synced, renamed. */
export async function writeAtomically(path: string, content: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(temporary, 'w')
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (cause) {
    await rm(temporary, { force: true })
    throw new EvalError(
      'store-failed',
      `Could not write ${path}: ${(cause as Error).message}. Check the disk and the permissions.`,
      { path },
      { cause },
    )
  }
}

async function readRecord(path: string): Promise<z.output<typeof recordSchema> | string> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch {
    return 'not readable as JSON'
  }
  const { checksum, ...record } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  if (checksum !== fingerprint(record)) return 'its checksum does not match its content'
  const parsed = recordSchema.safeParse(record)
  return parsed.success ? parsed.data : 'not in the format of a run'
}

async function listFiles(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new EvalError(
      'store-failed',
      `Could not read ${directory}: ${(error as Error).message}.`,
      { directory },
      { cause: error },
    )
  }
}
