// Loaded before everything else (node --require): wherever the engine's addon of the repository is asked for, the one
// named in LEMANIC_CHECK_ADDON is loaded instead.
'use strict'
const Module = require('node:module')
const resolve = Module._resolveFilename
Module._resolveFilename = function (request, ...rest) {
  return /\blemanic\.node$/.test(request) ? process.env.LEMANIC_CHECK_ADDON : resolve.call(this, request, ...rest)
}
