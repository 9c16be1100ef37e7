export { checkCompressor, type CompressorContract } from './compressor-contract.js'
export { sampleGradients, sampleParams } from './samples.js'
