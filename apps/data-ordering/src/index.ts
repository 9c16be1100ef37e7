export { prepareStudy } from './prepare-study.js'
export { createStudy } from './study.js'
export type { OrderingOptions } from './options.js'
export type { OrderingSettings } from './settings.js'
