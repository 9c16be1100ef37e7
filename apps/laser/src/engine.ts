import { createBackend, LemanicError } from '@lemanic/tensor-core'
import { hashData, loadData, type LaserData } from './data.js'
import type { LaserSettings } from './settings.js'

/** What all runs of one process share. The backend is the process's default. */
export interface LaserEngine {
  readonly data: LaserData
  /** Where tuned learning rates are kept; undefined: nowhere. */
  readonly tuningFolder: string | undefined
}

/** Starts the backend and reads the data, which are there: the study was prepared before. */
export async function createEngine(
  settings: LaserSettings,
  { threads, backend }: { readonly threads: number; readonly backend: string },
): Promise<LaserEngine> {
  await createBackend({ backend: backend as 'native', threads })
  const { data } = await loadData({
    folder: settings.dataFolder,
    cacheFolder: settings.cacheFolder,
    offline: true,
  })
  const hash = hashData(data)
  if (hash !== settings.dataHash) {
    throw new LemanicError(
      'data-set-changed',
      `the data changed while the study was starting: expected hash ${settings.dataHash}, got ${hash}`,
      { fields: { expected: settings.dataHash, got: hash }, help: 'leave the files alone and start again' },
    )
  }
  return { data, tuningFolder: settings.tuningFolder }
}
