export { checkAggregator, type AggregatorContract } from './aggregator-contract.js'
export { checkAttack } from './attack-contract.js'
