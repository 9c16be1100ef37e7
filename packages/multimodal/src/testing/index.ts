export { type Check, encoderChecks } from './check-encoder.js'
export { fusionModelChecks } from './check-fusion-model.js'
