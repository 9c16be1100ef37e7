export { type CommandLineSettings, runCommandLine } from './command-line.js'
export { nearestWord } from './nearest-word.js'
export { type StudyEntry, studies } from './studies.js'
export type { PreparedStudy, PrepareStudy, StudySettings } from './study-package.js'
