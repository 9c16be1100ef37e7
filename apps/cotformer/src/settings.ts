import { parseStudySettings } from '@lemanic/eval/node'

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
export const parseSettings = (text: string | undefined): CotformerSettings =>
  parseStudySettings<CotformerSettings>(text, { study: 'cotformer', required: ['preset', 'cacheFolder', 'corpusHash'] })
