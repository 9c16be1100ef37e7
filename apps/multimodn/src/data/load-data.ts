import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DatasetError, fetchDataset, type FetchedDataSet, type LabelledImages, readImageSet } from '@lemanic/datasets'
import type { DataSet } from '@lemanic/eval'
import { loadEducation } from './education.js'
import type { Family, FamilyName } from './family.js'
import { haimFile, loadHaim } from './haim.js'
import { loadHealth } from './health.js'
import { loadWeather } from './weather.js'
import { loadWind } from './wind.js'

/** Everything that the study's runs look at; what is not there could not be had. */
export interface StudyData {
  readonly families: Readonly<Partial<Record<FamilyName, Family>>>
  readonly digits?: { readonly train: LabelledImages; readonly test: LabelledImages }
  readonly cards: readonly DataSet[]
  /** What could not be had, by family (or `digits`), with the reason. */
  readonly missing: Readonly<Record<string, string>>
  readonly hash: string
}

const sources: Readonly<
  Record<
    Exclude<FamilyName, 'haim'>,
    { readonly dataSet: string; readonly load: (set: FetchedDataSet, limit: number) => Promise<Family> }
  >
> = {
  health: { dataSet: 'survival', load: loadHealth },
  education: { dataSet: 'star', load: loadEducation },
  weather: { dataSet: 'vega', load: loadWeather },
  wind: { dataSet: 'irish-wind', load: loadWind },
}

/**
 * Loads every data set from `folder`, else the cache, else its source (npm or apt); HAIM's embeddings from `folder` only. One that cannot be had is left out and
 * named; other errors, a damaged file for instance, are thrown.
 *
 * @param options.rows At most so many rows of each family.
 * @param options.without What is known to be missing, so that it is not looked for again.
 */
export async function loadData(options: {
  readonly cacheFolder: string
  readonly rows: number
  readonly folder?: string | undefined
  readonly offline?: boolean
  readonly without?: readonly string[]
  readonly signal?: AbortSignal
  readonly onFetch?: (message: string) => void
}): Promise<StudyData> {
  const { cacheFolder, rows, folder, offline = false, without = [], signal, onFetch } = options
  const cards: DataSet[] = []
  const missing: Record<string, string> = {}
  const hash = createHash('sha256')
  const get = async <Result>(
    name: string,
    dataSet: string,
    read: (set: FetchedDataSet) => Promise<Result>,
  ): Promise<Result | undefined> => {
    if (without.includes(name)) return undefined
    const fetchOptions = {
      cache: cacheFolder,
      offline,
      ...(signal === undefined ? {} : { signal }),
      ...(onFetch === undefined ? {} : { onFetch }),
    }
    let set: FetchedDataSet
    try {
      set = await fromFolderOrCache(dataSet, folder, fetchOptions)
    } catch (error) {
      if (!(error instanceof DatasetError) || signal?.aborted === true) throw error
      missing[name] = error.message.split('\n')[0]!
      return undefined
    }
    cards.push(set.card)
    for (const file of set.files) hash.update(await set.read(file))
    return read(set)
  }
  const families: Partial<Record<FamilyName, Family>> = {}
  for (const [name, { dataSet, load }] of Object.entries(sources) as [
    keyof typeof sources,
    (typeof sources)['wind'],
  ][]) {
    const family = await get(name, dataSet, (set) => load(set, rows))
    if (family !== undefined) families[name] = family
  }
  const haim = folder === undefined ? undefined : join(folder, haimFile)
  const found = haim === undefined ? undefined : await stat(haim).catch(() => undefined)
  if (haim !== undefined && found?.isFile() === true) {
    families.haim = await loadHaim(haim, rows)
    hash.update(`${haimFile} ${found.size} ${found.mtimeMs}`) // too large to be hashed by every worker
    cards.push({
      name: `haim (${haimFile})`,
      version: 'of the user',
      licence: 'PhysioNet Credentialed Health Data License; never redistributed',
      bytes: found.size,
      url: 'https://physionet.org/content/haim-multimodal/',
      note: 'HAIM-MIMIC-MM embeddings, the paper’s own data',
    })
  }
  const digits = await get('digits', 'mnist', readImageSet)
  return { families, ...(digits === undefined ? {} : { digits }), cards, missing, hash: hash.digest('hex') }
}

/** The user's folder need not hold all sets; but one that it holds must be whole. */
async function fromFolderOrCache(
  dataSet: string,
  folder: string | undefined,
  options: Parameters<typeof fetchDataset>[1],
): Promise<FetchedDataSet> {
  if (folder !== undefined) {
    try {
      return await fetchDataset(dataSet, { ...options, folder })
    } catch (error) {
      if (!(error instanceof DatasetError) || error.code !== 'data-set-missing') throw error
    }
  }
  return fetchDataset(dataSet, options)
}
