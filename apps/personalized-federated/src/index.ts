export { prepareStudy } from './prepare-study.js'
export { createStudy } from './study.js'
export type { FederatedOptions } from './options.js'
export type { FederatedSettings } from './settings.js'
