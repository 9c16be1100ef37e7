export { checkOptimizer, checkReducer, checkSampler, type SamplerContract } from './contracts.js'
export { checkCollectives, checkCollectivesMismatch, type CollectivesContract } from './collectives-contract.js'
