/** What needs a file system: safetensors files, parameters in them, checkpoint folders. */
export * from './params/node-exports.js'
export * from './safetensors/node-exports.js'
export * from './train/node-exports.js'
