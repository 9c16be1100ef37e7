export { dirichletPartition } from './dirichlet-partition.js'
export { labelShardPartition } from './label-shard-partition.js'
export { iidPartition, labelCounts, type Partition } from './partition.js'
