import { LemanicError } from '@lemanic/tensor-core'

/** What fixes the study of one start: workers make the same study from it. Plain JSON. */
export interface CotformerSettings {
  readonly preset: string
  /** A folder of text; absent: the addresses and the novel that npm brought. */
  readonly dataFolder?: string
  /** Where the tokenized text is kept. */
  readonly cacheFolder: string
  /** Hash of the text that the study was prepared with. */
  readonly corpusHash: string
}

/** Reads the settings that a worker process was started with; throws when there are none. */
export function parseSettings(text: string | undefined): CotformerSettings {
  const value = text === undefined ? undefined : (JSON.parse(text) as Partial<CotformerSettings>)
  if (
    typeof value?.preset === 'string' &&
    typeof value.cacheFolder === 'string' &&
    typeof value.corpusHash === 'string'
  ) {
    return value as CotformerSettings
  }
  throw new LemanicError(
    'invalid-settings',
    `LEMANIC_STUDY_SETTINGS: expected the settings of the study as JSON, got ${text === undefined ? 'nothing' : text}`,
    {
      help: 'start the study with "npm start -- cotformer", which starts its workers',
    },
  )
}
