import type { RunOutput, RunProgress } from '../study/define-study.js'

// What the process that runs a study and its workers say to each other over the IPC channel of child_process.

export type ToWorker =
  | {
      readonly type: 'setup'
      readonly preset: string
      readonly threads: number
      readonly backend: string
      readonly dataOrder?: string
    }
  | { readonly type: 'probe'; readonly id: number; readonly arm: string; readonly checkpointDirectory: string }
  | {
      readonly type: 'run'
      readonly id: number
      readonly arm: string
      readonly seed: number
      readonly checkpointDirectory: string
    }
  | { readonly type: 'abort' }

export type FromWorker =
  | { readonly type: 'hello'; readonly study: string }
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly id: number; readonly progress: RunProgress }
  | { readonly type: 'probed'; readonly id: number; readonly seconds: number }
  | { readonly type: 'done'; readonly id: number; readonly output: RunOutput; readonly seconds: number }
  | { readonly type: 'failed'; readonly id: number | null; readonly message: string; readonly stack: string }
