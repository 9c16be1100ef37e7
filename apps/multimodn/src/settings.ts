import { parseStudySettings } from '@lemanic/eval/node'

/** What fixes the study of one start: workers make the same study from it. Plain JSON. */
export interface MultiModNSettings {
  readonly preset: string
  /** A folder of the user's with the data sets' files; absent: the cache. */
  readonly dataFolder?: string
  /** Where fetched data are kept. */
  readonly cacheFolder: string
  /** Families of data that could not be had; nothing is run on them. */
  readonly missing: readonly string[]
  /** Whether the user's folder has HAIM's embeddings. */
  readonly hasHaim: boolean
  /** SHA-256 over all data that the study was prepared with. */
  readonly dataHash: string
}

/** Reads the settings that a worker process was started with; throws when there are none. */
export const parseSettings = (text: string | undefined): MultiModNSettings =>
  parseStudySettings<MultiModNSettings>(text, {
    study: 'multimodn',
    required: ['preset', 'cacheFolder', 'dataHash'],
  })
