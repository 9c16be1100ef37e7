export { checkpointFolder, type CheckpointFolderOptions } from './checkpoint-folder.js'
