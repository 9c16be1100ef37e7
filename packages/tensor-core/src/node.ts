/** What needs a file system: safetensors files and parameters in them. */
export * from './params/node-exports.js'
export * from './safetensors/node-exports.js'
