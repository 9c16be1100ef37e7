import { parseStudySettings } from '@lemanic/eval/node'

/** What fixes the study of one start: workers make the same study from it. Plain JSON. */
export interface LaserSettings {
  readonly preset: string
  /** A folder with the digits; absent: the cache. */
  readonly dataFolder?: string
  /** Where fetched data are kept. */
  readonly cacheFolder: string
  /** Where tuned learning rates are kept. */
  readonly tuningFolder: string
  /** SHA-256 over the pictures, labels and text that the study was prepared with. */
  readonly dataHash: string
}

/** Reads the settings that a worker process was started with; throws when there are none. */
export const parseSettings = (text: string | undefined): LaserSettings =>
  parseStudySettings<LaserSettings>(text, {
    study: 'laser',
    required: ['preset', 'cacheFolder', 'tuningFolder', 'dataHash'],
  })
