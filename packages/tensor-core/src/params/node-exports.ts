export { loadParams, saveParams, type LoadParamsOptions } from './node-files.js'
