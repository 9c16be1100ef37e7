import { createHash } from 'node:crypto'
import type { RunContext } from '@lemanic/eval'
import { createBackend, LemanicError } from '@lemanic/tensor-core'
import { loadPictures, type PictureSet, type PictureSetName } from './data/pictures.js'
import { hashText, loadText, type Text } from './data/text.js'
import type { ConnectivityOptions } from './options.js'
import type { ConnectivitySettings } from './settings.js'

/** What all runs of one process share: pictures and text. The backend is the process's default. */
export interface ConnectivityEngine {
  readonly pictures: (name: PictureSetName) => PictureSet
  readonly text: Text
}

export type ConnectivityContext = RunContext<ConnectivityOptions, ConnectivityEngine>

/** Starts the backend and reads the data, which are there: the study was prepared before. */
export async function createEngine(
  settings: ConnectivitySettings,
  { threads, backend }: { readonly threads: number; readonly backend: string },
): Promise<ConnectivityEngine> {
  await createBackend({ backend: backend as 'native', threads })
  const names = settings.pictureSets.split(',') as PictureSetName[]
  const sets = new Map<PictureSetName, PictureSet>()
  for (const name of names) {
    const { pictures } = await loadPictures(name, {
      folder: settings.dataFolder,
      cacheFolder: settings.cacheFolder,
      offline: true,
    })
    sets.set(name, pictures)
  }
  const text = loadText()
  const hash = hashData(sets, text)
  if (hash !== settings.dataHash) {
    throw new LemanicError(
      'data-set-changed',
      `the data changed while the study was starting: expected hash ${settings.dataHash}, got ${hash}`,
      { fields: { expected: settings.dataHash, got: hash }, help: 'leave the files alone and start again' },
    )
  }
  return { pictures: (name) => pictureSet(sets, name), text }
}

function pictureSet(sets: ReadonlyMap<PictureSetName, PictureSet>, name: PictureSetName): PictureSet {
  const found = sets.get(name)
  if (found !== undefined) return found
  throw new LemanicError('data-set-missing', `layerwise-connectivity: "${name}" was not loaded`, {
    help: 'start the study again where it can be fetched, or give its folder with --data DIR',
  })
}

/** SHA-256 over pictures, labels and text. */
export function hashData(sets: ReadonlyMap<PictureSetName, PictureSet>, text: Text): string {
  const hash = createHash('sha256')
  for (const [name, { train, test }] of sets) {
    hash.update(name)
    for (const part of [train, test]) hash.update(part.pixels).update(part.labels)
  }
  return hash.update(hashText(text)).digest('hex')
}
