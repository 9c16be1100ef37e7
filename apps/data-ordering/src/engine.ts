import { createBackend, LemanicError } from '@lemanic/tensor-core'
import { type Digits, hashDigits, loadDigits } from '@lemanic/datasets'
import type { OrderingSettings } from './settings.js'

/** What all runs of one process share: the digits. The backend is the process's default. */
export interface OrderingEngine {
  readonly digits: Digits
}

/** Starts the backend and reads the digits, which are there: the study was prepared before. */
export async function createEngine(
  settings: OrderingSettings,
  { threads, backend }: { readonly threads: number; readonly backend: string },
): Promise<OrderingEngine> {
  await createBackend({ backend: backend as 'native', threads })
  const { digits } = await loadDigits({ folder: settings.dataFolder, cacheFolder: settings.cacheFolder, offline: true })
  const hash = hashDigits(digits)
  if (hash !== settings.digitsHash) {
    throw new LemanicError(
      'data-set-changed',
      `the digits changed while the study was starting: expected hash ${settings.digitsHash}, got ${hash}`,
      { fields: { expected: settings.digitsHash, got: hash }, help: 'leave the files alone and start again' },
    )
  }
  return { digits }
}
