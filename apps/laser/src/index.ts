export { prepareStudy } from './prepare-study.js'
export { createStudy } from './study.js'
export type { LaserOptions } from './options.js'
export type { LaserSettings } from './settings.js'
