import { defaultBackend, LemanicError } from '@lemanic/tensor-core'
import { loadCorpus } from './corpus.js'
import { tokenizeCorpus } from './corpus-tokens.js'
import type { CotformerSettings } from './settings.js'
import { createStudy, presetSizes } from './study.js'

/**
 * Makes the study ready to run: reads the text, learns the tokenizer once (workers find it in the cache), and fixes the
 * text's hash as part of every run's identity.
 *
 * Throws `LemanicError`: what `loadCorpus` and `tokenizeCorpus` throw; `needs-gpu` for the paper preset on a CPU
 * backend; `data-set-missing` for the paper preset without `dataFolder`.
 */
export async function prepareStudy(
  settings: {
    readonly preset: string
    readonly backend: string
    readonly dataFolder?: string
    readonly cacheFolder: string
  },
  tools: { readonly onProgress: (message: string) => void; readonly signal: AbortSignal },
) {
  const { preset, backend, dataFolder, cacheFolder } = settings
  const sizes = presetSizes[preset as keyof typeof presetSizes]
  if (sizes === undefined) {
    throw new LemanicError(
      'unknown-preset',
      `cotformer: expected a preset (${Object.keys(presetSizes).join(', ')}), got "${preset}"`,
      { fields: { preset } },
    )
  }
  if (preset === 'paper') checkPaperPreset(backend, dataFolder)
  const corpus = await loadCorpus({ folder: dataFolder })
  const shared: CotformerSettings = {
    preset,
    cacheFolder,
    corpusHash: corpus.hash,
    ...(dataFolder === undefined ? {} : { dataFolder }),
  }
  let announced = false
  await tokenizeCorpus({
    corpus,
    vocabularySize: sizes.vocabularySize,
    cacheFolder,
    signal: tools.signal,
    onProgress: () => {
      if (!announced)
        tools.onProgress(`Learning a byte-level BPE of ${sizes.vocabularySize} ids from the training text …`)
      announced = true
    },
  })
  return {
    study: createStudy(shared, corpus.dataSets),
    worker: new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url),
    workerSettings: shared,
  }
}

function checkPaperPreset(backend: string, dataFolder: string | undefined): void {
  if (dataFolder === undefined) {
    throw new LemanicError(
      'data-set-missing',
      'cotformer, preset paper: expected OpenWebText2 (or text of that size), which no package brings and which is no longer distributed; looked for it in --data, which was not given',
      {
        fields: { dataSet: 'OpenWebText2' },
        help: 'point --data to a folder of .txt files, or run the preset "complete", which uses the text that npm brought',
      },
    )
  }
  const engine = defaultBackend()
  if (engine.name !== backend || engine.describe().device !== 'GPU') {
    throw new LemanicError(
      'needs-gpu',
      `cotformer, preset paper: expected a GPU, got the backend "${backend}" on a CPU: 124 million parameters and 1.3 billion tokens a run would take months on a CPU`,
      {
        fields: { backend },
        help: 'npm run setup:tensorflow -- --gpu, then add --backend tensorflow; "npm start -- doctor" must show device GPU. Or run the preset "complete"',
      },
    )
  }
}
