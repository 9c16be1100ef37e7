import { LemanicError } from '@lemanic/tensor-core'

/** What fixes the study of one start: workers make the same study from it. Plain JSON. */
export interface OrderingSettings {
  readonly preset: string
  /** A folder with the digits; absent: the cache. */
  readonly dataFolder?: string
  /** Where fetched data are kept. */
  readonly cacheFolder: string
  /** SHA-256 over the pictures and labels that the study was prepared with. */
  readonly digitsHash: string
}

/** Reads the settings that a worker process was started with; throws when there are none. */
export function parseSettings(text: string | undefined): OrderingSettings {
  const value = text === undefined ? undefined : (JSON.parse(text) as Partial<OrderingSettings>)
  if (
    typeof value?.preset === 'string' &&
    typeof value.cacheFolder === 'string' &&
    typeof value.digitsHash === 'string'
  ) {
    return value as OrderingSettings
  }
  throw new LemanicError(
    'invalid-settings',
    `LEMANIC_STUDY_SETTINGS: expected the settings of the study as JSON, got ${text === undefined ? 'nothing' : text}`,
    { help: 'start the study with "npm start -- data-ordering", which starts its workers' },
  )
}
