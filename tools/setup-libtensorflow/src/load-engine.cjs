// Run by verify.ts: node load-engine.cjs FOLDER_OF_THE_PACKAGE
const util = require('node:util')
util.isNullOrUndefined ??= (value) => value === null || value === undefined // removed in Node 23
util.isArray ??= Array.isArray
const tf = require(process.argv[2])
const { binding } = tf.findBackend('tensorflow')
const x = tf.tensor2d([1, 2, 3, 4], [2, 2])
const product = Array.from(tf.matMul(x, x, false, true).dataSync()).join()
if (product !== '5,11,11,25') throw new Error(`Error: the product of two matrices was ${product} for 5,11,11,25`)
console.log(JSON.stringify({ version: binding.TF_Version, device: binding.isUsingGpuDevice() ? 'GPU' : 'CPU' }))
