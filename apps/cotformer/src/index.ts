export { prepareStudy } from './prepare-study.js'
export { createStudy } from './study.js'
export type { CotformerOptions } from './options.js'
export type { CotformerSettings } from './settings.js'
