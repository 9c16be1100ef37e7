import { createBackend, LemanicError } from '@lemanic/tensor-core'
import { loadCorpus } from './corpus.js'
import { type TokenizedCorpus, tokenizeCorpus } from './corpus-tokens.js'
import type { CotformerOptions } from './options.js'
import type { CotformerSettings } from './settings.js'

/** What all runs of one process share: the tokens. The backend is the process's default. */
export interface CotformerEngine {
  readonly text: TokenizedCorpus
}

/** Starts the backend and reads the tokens, from the cache where an earlier start put them. */
export async function createEngine(
  settings: CotformerSettings,
  {
    threads,
    backend,
    options,
  }: { readonly threads: number; readonly backend: string; readonly options: CotformerOptions },
): Promise<CotformerEngine> {
  await createBackend({ backend: backend as 'native', threads })
  const corpus = await loadCorpus({ folder: settings.dataFolder })
  if (corpus.hash !== settings.corpusHash) {
    throw new LemanicError(
      'data-set-changed',
      `the text changed while the study was starting: expected hash ${settings.corpusHash}, got ${corpus.hash}`,
      {
        fields: { expected: settings.corpusHash, got: corpus.hash },
        help: 'leave the files alone and start again',
      },
    )
  }
  return {
    text: await tokenizeCorpus({ corpus, vocabularySize: options.vocabularySize, cacheFolder: settings.cacheFolder }),
  }
}
