import { completeSizes, laptopSizes, smokeSizes } from './options.js'

/** The sizes of each preset. */
export const presetSizes = { smoke: smokeSizes, laptop: laptopSizes, complete: completeSizes } as const
