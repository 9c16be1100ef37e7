// The command line calls `prepareStudy` and runs what it returns.
export { prepareStudy } from './prepare-study.js'
