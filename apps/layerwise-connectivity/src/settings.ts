import { parseStudySettings } from '@lemanic/eval/node'

/** What fixes the study of one start: workers make the same study from it. Plain JSON. */
export interface ConnectivitySettings {
  readonly preset: string
  /** A folder with the picture sets; absent: the cache. */
  readonly dataFolder?: string
  /** Where fetched data are kept. */
  readonly cacheFolder: string
  /** SHA-256 over all pictures, labels and text that the study was prepared with. */
  readonly dataHash: string
  /** Picture sets that are here, joined by commas. */
  readonly pictureSets: string
}

/** Reads the settings that a worker process was started with; throws when there are none. */
export const parseSettings = (text: string | undefined): ConnectivitySettings =>
  parseStudySettings<ConnectivitySettings>(text, {
    study: 'layerwise-connectivity',
    required: ['preset', 'cacheFolder', 'dataHash', 'pictureSets'],
  })
