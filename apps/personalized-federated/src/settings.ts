import { parseStudySettings } from '@lemanic/eval/node'

/** What fixes the study of one start: workers make the same study from it. Plain JSON. */
export interface FederatedSettings {
  readonly preset: string
  /** A folder with the digits; absent: the cache. */
  readonly dataFolder?: string
  /** Where fetched data are kept. */
  readonly cacheFolder: string
  /** SHA-256 over the pictures and labels that the study was prepared with. */
  readonly digitsHash: string
}

/** Reads the settings that a worker process was started with; throws when there are none. */
export const parseSettings = (text: string | undefined): FederatedSettings =>
  parseStudySettings<FederatedSettings>(text, {
    study: 'personalized-federated',
    required: ['preset', 'cacheFolder', 'digitsHash'],
  })
