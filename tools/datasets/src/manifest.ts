import type { DataSetEntry } from './data-set.js'
import { debianEntries } from './manifest-debian.js'
import { npmEntries } from './manifest-npm.js'

/** Every data set that can be fetched, by name. */
export const manifest: readonly DataSetEntry[] = [...npmEntries, ...debianEntries].sort((left, right) =>
  left.name < right.name ? -1 : 1,
)
