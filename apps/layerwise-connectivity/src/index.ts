export { prepareStudy } from './prepare-study.js'
export { createStudy } from './study.js'
export type { ConnectivityOptions } from './options.js'
export type { ConnectivitySettings } from './settings.js'
