import type { AnyStudy } from '@lemanic/eval'

/** What the command line tells a study before it starts. */
export interface StudySettings {
  readonly preset: string
  /** Name of the backend that runs will use. */
  readonly backend: string
  /** A folder of the user's own data; absent: the data that the study brings or fetches. */
  readonly dataFolder?: string
  /** Where prepared data are kept from one start to the next. */
  readonly cacheFolder: string
}

/** A study that is ready to run: its data are there and prepared. */
export interface PreparedStudy {
  readonly study: AnyStudy
  /** The module of the worker processes: it makes the same study from `workerSettings` and calls `serveStudy`. */
  readonly worker: URL
  /** Plain JSON that workers find in the environment variable LEMANIC_STUDY_SETTINGS. */
  readonly workerSettings: unknown
}

/** The one function that a study's package offers to the command line. */
export type PrepareStudy = (
  settings: StudySettings,
  tools: { readonly onProgress: (message: string) => void; readonly signal: AbortSignal },
) => Promise<PreparedStudy>
