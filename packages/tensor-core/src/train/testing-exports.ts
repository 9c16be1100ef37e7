export { checkOptimizer, checkReducer, checkSampler, type SamplerContract } from './contracts.js'
