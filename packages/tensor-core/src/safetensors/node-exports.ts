export {
  atomicFileSink,
  fileSource,
  loadSafetensors,
  openSafetensorsFile,
  saveSafetensors,
  writeFileAtomically,
  type SaveSafetensorsOptions,
} from './node-files.js'
