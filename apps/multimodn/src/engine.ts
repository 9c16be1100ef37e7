import { createBackend, LemanicError } from '@lemanic/tensor-core'
import { loadData, type StudyData } from './data/load-data.js'
import type { MultiModNOptions } from './options.js'
import type { MultiModNSettings } from './settings.js'

/** What all runs of one process share. The backend is the process's default. */
export interface MultiModNEngine {
  readonly data: StudyData
}

/** Starts the backend and reads the data, which are there: the study was prepared before. */
export async function createEngine(
  settings: MultiModNSettings,
  {
    threads,
    backend,
    options,
  }: { readonly threads: number; readonly backend: string; readonly options: MultiModNOptions },
): Promise<MultiModNEngine> {
  await createBackend({ backend: backend as 'native', threads })
  const data = await loadData({
    cacheFolder: settings.cacheFolder,
    folder: settings.dataFolder,
    rows: options.rows,
    offline: true,
    without: settings.missing,
  })
  if (data.hash !== settings.dataHash) {
    throw new LemanicError(
      'data-set-changed',
      `the data changed while the study was starting: expected hash ${settings.dataHash}, got ${data.hash}`,
      { fields: { expected: settings.dataHash, got: data.hash }, help: 'leave the files alone and start again' },
    )
  }
  return { data }
}
