import type { RunProgress } from '../study/define-study.js'
import type { Results } from '../study/results.js'
import type { Estimate } from './estimate.js'
import type { Discarded } from './run-store.js'

/** What `runStudy` tells while it works, in this order: discarded, probes, study-start, runs, study-end. */
export type StudyEvent =
  | ({ readonly type: 'run-discarded' } & Discarded)
  | { readonly type: 'probe-start'; readonly arms: readonly string[] }
  | { readonly type: 'probe-end'; readonly arm: string; readonly seconds: number }
  /** An optional arm that the time budget has no room for. */
  | { readonly type: 'arm-dropped'; readonly arm: string; readonly reason: string }
  | {
      readonly type: 'study-start'
      readonly study: string
      readonly preset: string
      readonly directory: string
      /** Runs of the plan (of this shard), those found finished, and those still to do. */
      readonly runs: number
      readonly reused: number
      readonly pending: number
      /** Absent when the study has no probe and no finished run of some arm. */
      readonly estimate?: Estimate
      /** One line for people, for example `40 runs × 21 s / 2 processes ≈ 7 min`. */
      readonly announcement: string
    }
  | { readonly type: 'run-start'; readonly arm: string; readonly seed: number; readonly index: number }
  | ({
      readonly type: 'run-progress'
      readonly arm: string
      readonly seed: number
      readonly index: number
    } & RunProgress)
  | {
      readonly type: 'run-end'
      readonly arm: string
      readonly seed: number
      readonly index: number
      readonly status: 'done'
      readonly metrics: Readonly<Record<string, number>>
      readonly seconds: number
      readonly completed: number
      readonly total: number
      readonly remainingSeconds?: number
    }
  | {
      readonly type: 'run-end'
      readonly arm: string
      readonly seed: number
      readonly index: number
      readonly status: 'failed'
      readonly error: string
      readonly stack?: string
      readonly seconds: number
      readonly completed: number
      readonly total: number
      readonly remainingSeconds?: number
    }
  | {
      readonly type: 'study-end'
      readonly results: Results
      readonly resultsPath: string
      readonly failures: readonly { readonly arm: string; readonly seed: number; readonly error: string }[]
      readonly aborted: boolean
      /** 0 when every run of the plan is done, else 1. */
      readonly exitCode: 0 | 1
    }
